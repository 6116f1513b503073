"""Exported bundles: they answer as PyTorch does, or are not written."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import BundleError, ConfigError, ExportError, FootageError, MissingError
from awry.exporting.bundles import ExportOptions, export_detector, parity_of, too_far
from awry.exporting.clips import FRAMES
from awry.exporting.parity import Parity
from awry.fitting import FitOptions, fit_detector
from awry.runtimes import load_networks
from awry.training.bundle import read_bundle, write_bundle
from awry.video.memory import ArraySource
from support import moving_square_data


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    out = tmp_path_factory.mktemp("daml") / "bundle"
    return fit_detector("daml", moving_square_data(), out, FitOptions(preset="tiny", seed=3))


def clip(frames: int = 60, scene: str = "yard") -> Clip:
    data = moving_square_data(seed=4, length=frames)
    images = np.stack([frame.image for frame in data.train[0].open()])
    return Clip("train/day", lambda: ArraySource(images, 10), scene)


def scores(detector: Detector, scene: str = "*") -> np.ndarray:
    found = [score.score for score in detector.scorer(scene).score(iter(clip().open()))]
    return np.array(found, float)


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_an_exported_bundle_scores_the_same(
    detector: Detector, runtime: str, tmp_path: Path
) -> None:
    about = export_detector(detector, tmp_path / "out", ExportOptions(runtime), clip())
    assert about["parity"]["frames"] == FRAMES
    assert about["parity"]["score"] < 1e-4
    assert set(about["parity"]["networks"]) == {"encoder", "motion_1", "motion_2"}
    assert all(min(pair) > 0 for pair in about["parity"]["ms"].values())
    loaded = Detector.load(tmp_path / "out")
    model = next(iter(loaded.models.values()))
    assert set(model.runtime or {}) == {"encoder", "motion_1", "motion_2"}
    np.testing.assert_allclose(scores(loaded), scores(detector), rtol=1e-4)
    assert loaded.calibration == detector.calibration
    again = Detector.load(tmp_path / "out", eager=True)
    np.testing.assert_array_equal(scores(again), scores(detector))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_the_difference_is_measured_not_assumed(detector: Detector, tmp_path: Path) -> None:
    """A network that answers a little otherwise is found out."""
    export_detector(detector, tmp_path / "out", ExportOptions(), clip())
    path = tmp_path / "out"
    parity, _ = parity_of(path, clip())
    assert parity.score < 1e-4
    loaded, plain = Detector.load(path), Detector.load(path, eager=True)
    model = next(iter(loaded.models.values()))
    encoder = model.networks["encoder"]
    model.runtime = {**model.networks, "encoder": lambda x: (1.01 * encoder(x)[0],)}
    from awry.exporting.parity import compare

    off = compare(plain, loaded, clip())
    assert off.score > 1e-3
    assert off.networks["encoder"] == pytest.approx(0.01, rel=0.05)
    assert off.networks["motion_1"] < 1e-4
    assert off.unseen == ()


def test_a_difference_beyond_the_tolerance_writes_nothing(
    detector: Detector, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=r"differs from PyTorch's by .* relative; at most 0 is"):
        export_detector(detector, tmp_path / "out", ExportOptions(tolerance=0.0), clip())
    assert list(tmp_path.iterdir()) == []


def test_int8_takes_its_ranges_from_footage(detector: Detector, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="int8 needs normal footage"):
        export_detector(detector, tmp_path / "out", ExportOptions(int8=True), clip())
    about = export_detector(detector, tmp_path / "out", ExportOptions(int8=True), clip(), [clip()])
    assert about["precision"] == "int8"
    assert 1e-6 < about["parity"]["networks"]["encoder"] < 0.1
    found, expected = scores(Detector.load(tmp_path / "out")), scores(detector)
    ranked = np.isfinite(expected)
    assert np.corrcoef(found[ranked], expected[ranked])[0, 1] > 0.5
    assert next(iter(detector.models.values())).runtime is None


def test_a_judge_may_refuse(detector: Detector, tmp_path: Path) -> None:
    seen = []

    def judge(exported: Detector) -> dict[str, float]:
        seen.append(scores(exported))
        if len(seen) == 2:
            raise ExportError("too much is lost")
        return {"lost": 0.0}

    about = export_detector(detector, tmp_path / "out", ExportOptions(), clip(), judge=judge)
    assert about["accuracy"] == {"lost": 0.0}
    kept = (tmp_path / "out" / "manifest.json").read_bytes()
    with pytest.raises(ExportError, match="too much"):
        export_detector(detector, tmp_path / "out", ExportOptions(), clip(), judge=judge)
    assert (tmp_path / "out" / "manifest.json").read_bytes() == kept


def test_a_clip_too_short(detector: Detector, tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"has 3 frames, and daml needs \d+"):
        export_detector(detector, tmp_path / "out", ExportOptions(), clip(3))
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_export(tmp_path: Path) -> None:
    flow = fit_detector("flow", moving_square_data(), tmp_path / "flow", FitOptions(preset="tiny"))
    with pytest.raises(ConfigError, match="flow has no network"):
        export_detector(flow, tmp_path / "out", ExportOptions(), clip())


def test_a_foreign_folder_is_left_alone(detector: Detector, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    with pytest.raises(BundleError, match="is not a bundle"):
        export_detector(detector, tmp_path / "out", ExportOptions(), clip())
    assert (tmp_path / "out" / "letter.txt").read_text() == "dear"


@pytest.mark.usefixtures("exported_anew")
def test_runtimes_that_are_not_there(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BundleError, match="no runtime 'onyx': did you mean 'onnx'"):
        export_detector(detector, tmp_path / "out", ExportOptions("onyx"), clip())
    export_detector(detector, tmp_path / "out", ExportOptions("openvino"), clip())
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingError, match=r"pip install 'awry\[openvino\]'"):
        Detector.load(tmp_path / "out")
    Detector.load(tmp_path / "out", eager=True)
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingError, match=r"pip install 'awry\[export\]'"):
        export_detector(detector, tmp_path / "other", ExportOptions(), clip())


def test_changed_files_are_refused(detector: Detector, tmp_path: Path) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(), clip())
    file = tmp_path / "out" / "model.encoder.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(BundleError, match=r"encoder\.onnx is not what was written"):
        Detector.load(tmp_path / "out")


def test_a_file_that_the_runtime_cannot_run(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no network")
    with pytest.raises(BundleError, match=r"net\.onnx cannot be run by onnx on this machine"):
        load_networks(tmp_path, "onnx", {"net": "net.onnx"})


def test_an_exported_bundle_is_not_changed(detector: Detector, tmp_path: Path) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(), clip())
    with pytest.raises(BundleError, match="change the one that it was exported from"):
        Detector.load(tmp_path / "out").save(tmp_path / "copy")
    detector.save(tmp_path / "plain")
    with pytest.raises(ConfigError, match="was not exported"):
        parity_of(tmp_path / "plain", clip())


def test_networks_that_were_never_asked_are_judged_by_themselves() -> None:
    fp32 = {"runtime": "onnx", "precision": "fp32", "tolerance": 1e-4}
    near, far = ({"object": value, "frame": 1.0} for value in (1e-6, 3.5))
    assert too_far(Parity(48, 0.0, 3, near, ("object",)), fp32) == ""
    said = too_far(Parity(48, 0.0, 3, far, ("object",)), fp32)
    assert "network 'object' an answer that differs from PyTorch's by 3.5" in said
    int8 = {**fp32, "precision": "int8"}
    assert too_far(Parity(48, 0.0, 3, far, ("object",)), int8) == ""
    nan = {"object": float("inf")}
    assert "by inf relative" in too_far(Parity(48, 0.0, 3, nan, ("object",)), int8)


def test_a_bundle_that_lacks_a_network_is_refused(detector: Detector, tmp_path: Path) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(), clip())
    manifest, tensors = read_bundle(tmp_path / "out")
    del manifest["export"]["networks"]["model"]["motion_2"]
    known = set(manifest.pop("files")) - {"model.safetensors"}
    networks = {name: (tmp_path / "out" / name).read_bytes() for name in known}
    write_bundle(tmp_path / "out", manifest, tensors, networks)
    with pytest.raises(BundleError, match=r"daml asks for .*export it again"):
        Detector.load(tmp_path / "out")


def test_ranges_of_a_scene_come_from_its_own_footage(per_scene: Detector, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no normal footage of the scene 'gate'"):
        export_detector(
            per_scene, tmp_path / "out", ExportOptions(int8=True), clip(120), [clip(60, "yard")]
        )
    assert list(tmp_path.iterdir()) == []


def test_a_tolerance_must_be_a_number() -> None:
    with pytest.raises(ConfigError, match="compares nothing"):
        ExportOptions(tolerance=float("inf"))


@pytest.mark.parametrize("int8", [False, True])
def test_nan_answers_are_refused(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, int8: bool
) -> None:
    original = Detector.load

    def load(path: Path, **how: bool) -> Detector:
        found = original(path, **how)
        model = next(iter(found.models.values()))
        encoder = model.networks["encoder"]
        model.runtime = {**model.networks, "encoder": lambda x: (encoder(x)[0] * float("nan"),)}
        return found

    monkeypatch.setattr(Detector, "load", load)
    with pytest.raises(ExportError, match="differs from PyTorch's by inf"):
        export_detector(detector, tmp_path / "out", ExportOptions(int8=int8), clip(), [clip()])
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def per_scene(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    data = moving_square_data()
    scenes = ("gate", "yard", "gate", "yard")
    train = tuple(replace(c, scene=s) for c, s in zip(data.train, scenes, strict=True))
    options = FitOptions(preset="tiny", seed=3, per_scene=True, every=2)
    out = tmp_path_factory.mktemp("scenes") / "bundle"
    return fit_detector("daml", replace(data, train=train), out, options)


def test_several_models_and_thinned_footage(per_scene: Detector, tmp_path: Path) -> None:
    about = export_detector(per_scene, tmp_path / "out", ExportOptions(), clip(120))
    assert "gate/encoder" in about["parity"]["networks"]
    assert set(about["networks"]) == {"model-0", "model-1"}
    loaded = Detector.load(tmp_path / "out")
    for scene in ("gate", "yard"):
        np.testing.assert_allclose(scores(loaded, scene), scores(per_scene, scene), rtol=1e-4)
    footage = [clip(60, "gate"), clip(60, "yard")]
    small = export_detector(
        per_scene, tmp_path / "int8", ExportOptions(int8=True), clip(120), footage
    )
    assert max(small["parity"]["networks"].values()) < 0.2


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_two_streams_at_once_do_not_mix(detector: Detector, runtime: str, tmp_path: Path) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(runtime), clip())
    loaded = Detector.load(tmp_path / "out")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: scores(loaded), range(4)))
    for one in found:
        np.testing.assert_allclose(one, scores(loaded), rtol=1e-6)


def test_an_exported_bundle_is_not_exported_again(detector: Detector, tmp_path: Path) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(), clip())
    with pytest.raises(ConfigError, match="not exported again"):
        export_detector(Detector.load(tmp_path / "out"), tmp_path / "two", ExportOptions(), clip())


def test_the_comparison_tells_the_scorer_the_clips_name(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Object detectors that read boxes from files need it."""
    names = []
    original = Detector.scorer

    def scorer(self: Detector, *args: Any, **options: Any) -> Any:
        names.append(options.get("clip"))
        return original(self, *args, **options)

    monkeypatch.setattr(Detector, "scorer", scorer)
    export_detector(detector, tmp_path / "out", ExportOptions(int8=True), clip(), [clip()])
    assert names.count("train/day") == 3  # both runtimes, and the ranges


def test_the_score_does_not_depend_on_the_parts_asked_for(
    detector: Detector, tmp_path: Path
) -> None:
    export_detector(detector, tmp_path / "out", ExportOptions(int8=True), clip(), [clip()])
    loaded = Detector.load(tmp_path / "out")
    every = [s.score for s in loaded.scorer(parts=["all"]).score(iter(clip().open()))]
    np.testing.assert_allclose(np.array(every, float), scores(loaded), rtol=1e-6)
