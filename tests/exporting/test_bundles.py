"""Exported bundles: they answer as PyTorch does, or are not written."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import BundleError, ConfigError, ExportError, FootageError, MissingError
from awry.exporting.bundles import ExportOptions, export_detector, parity_of, too_far
from awry.exporting.clips import FRAMES, first_frames, frames_wanted, made_up
from awry.exporting.networks import named, to_int8, to_onnx, to_openvino
from awry.exporting.parity import Parity, Watched, largest_difference, relative_difference
from awry.fitting import FitOptions, fit_detector
from awry.methods.graphs import Graph, eager
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import Network
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


def test_an_operator_that_cannot_be_exported_is_named() -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if float(x.sum()) > 0 else -x

    graph = Graph(Odd(), {"x": torch.ones(2, 3)}, ("y",))
    with pytest.raises(ExportError, match="daml's network 'odd' cannot be exported: "):
        to_onnx(graph, "odd", "daml")


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.one(x).relu()
        return self.two(x), x


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_networks_take_any_batch_in_each_runtime(batch: int, tmp_path: Path) -> None:
    graph = Graph(Small(), {"x": torch.zeros(2, 3, 8, 9)}, ("two", "one"))
    data = to_onnx(graph, "small", "none")
    (tmp_path / "small.onnx").write_bytes(data)
    xml, weights = to_openvino(data)
    (tmp_path / "small.xml").write_bytes(xml)
    (tmp_path / "small.bin").write_bytes(weights)
    x = torch.randn(batch, 3, 8, 9, generator=torch.Generator().manual_seed(batch))
    with torch.inference_mode():
        expected = eager({"small": graph})["small"](x)
        for runtime, file in (("onnx", "small.onnx"), ("openvino", "small.xml")):
            found = load_networks(tmp_path, runtime, {"small": file})["small"](x)
            assert [one.shape for one in found] == [one.shape for one in expected]
            assert largest_difference(expected, found) < 1e-5


def test_int8_without_questions_is_refused() -> None:
    with pytest.raises(ExportError, match="never asked"):
        to_int8(b"", ["x"], [], "onnx")


class Joining(Small):
    """Its pictures come out of a concatenation, as SSMTL's do."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return super().forward(torch.cat([x[:, 1:], x[:, :1]], 1))


@pytest.mark.parametrize("kind", [Small, Joining])
def test_int8_leaves_convolutions_of_pictures_alone_where_they_are_slow(
    kind: type[Small], tmp_path: Path
) -> None:
    import onnx

    graph = Graph(kind(), {"x": torch.zeros(2, 3, 8, 9)}, ("two", "one"))
    plain = to_onnx(graph, "small", "none")
    x = torch.rand(4, 3, 8, 9, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = eager({"small": graph})["small"](x)
    for runtime, quantised in (("onnx", 1), ("openvino", 2)):
        data = to_int8(plain, ["x"], [(x,)], runtime)
        graph_of = onnx.load_from_string(data).graph
        makers = {name: node.op_type for node in graph_of.node for name in node.output}
        weights = [makers.get(n.input[1]) for n in graph_of.node if n.op_type == "Conv"]
        assert weights.count("DequantizeLinear") == quantised
        (tmp_path / "small.onnx").write_bytes(data)
        with torch.inference_mode():
            found = load_networks(tmp_path, "onnx", {"small": "small.onnx"})["small"](x)
        assert largest_difference(expected, found) < 0.05


class Student(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        config = SSMTLConfig(side=16, depth="shallow", width="narrow")
        self.network = Network(config, 1, 16, 5, ("distillation",)).eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.network.student(x)


def test_int8_of_a_single_frame_is_the_same_in_both_runtimes(tmp_path: Path) -> None:
    """OpenVINO's int8 goes wrong where a kernel's time is longer than the frames'."""
    x = torch.rand(8, 1, 7, 16, 16, generator=torch.Generator().manual_seed(2))
    graph = Graph(Student(), {"x": x[:2]}, ("y",))
    data = to_int8(to_onnx(graph, "student", "ssmtl"), ["x"], [(x,)], "openvino")
    xml, weights = to_openvino(data)
    for name, content in (("s.onnx", data), ("s.xml", xml), ("s.bin", weights)):
        (tmp_path / name).write_bytes(content)
    with torch.inference_mode():
        first, second = (
            load_networks(tmp_path, runtime, {"s": file})["s"](x)
            for runtime, file in (("onnx", "s.onnx"), ("openvino", "s.xml"))
        )
    assert largest_difference(first, second) < 0.003


def test_differences_by_hand() -> None:
    first, second = torch.tensor([1.0, -4.0]), torch.tensor([1.0, -3.0])
    assert largest_difference([first], [second]) == pytest.approx(0.25)
    expected = np.array([np.nan, 10.0, 0.05, -2.0])
    found = np.array([np.nan, 10.0, 0.06, -2.2])
    # A hundredth of the largest, 0.1, is the least that a difference is divided by.
    np.testing.assert_allclose(relative_difference(expected, found), [np.nan, 0, 0.1, 0.1])


def test_questions_are_kept_up_to_a_limit() -> None:
    asked = Watched(lambda x: (x,), most=96)
    for number in range(120):
        asked(torch.full((1,), float(number)))
    assert (asked.calls, len(asked.batches), float(asked.batches[5][0])) == (120, 96, 5)


def test_the_made_up_clip_is_the_same_everywhere(detector: Detector) -> None:
    frames, again = (list(made_up(detector).open()) for _ in range(2))
    assert len(frames) == frames_wanted(detector)
    assert frames[0].image.shape == (*detector.frame_size, 3)
    np.testing.assert_array_equal(frames[7].image, again[7].image)
    assert np.abs(frames[1].image.astype(int) - frames[0].image).max() > 50
    assert len(first_frames(detector, frames * 3)) == frames_wanted(detector)


def test_nan_is_never_near() -> None:
    nan = float("nan")
    assert largest_difference([torch.ones(2)], [torch.tensor([1.0, nan])]) == float("inf")
    apart = relative_difference(np.array([nan, 1.0, 2.0]), np.array([nan, 1.0, nan]))
    np.testing.assert_array_equal(apart, [nan, 0, np.inf])


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


def test_what_converters_raise_names_the_network() -> None:
    refusal = pytest.raises(ExportError, match="daml's network 'encoder' cannot be exported: ")
    with refusal, named("encoder", "daml"):
        to_openvino(b"no network")


@pytest.mark.parametrize("int8", [False, True])
def test_nan_answers_are_refused(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, int8: bool
) -> None:
    original = Detector.load

    def load(path: Path) -> Detector:
        found = original(path)
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
