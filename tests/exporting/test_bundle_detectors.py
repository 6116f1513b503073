"""Bundles that carry their object detector's network."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import BundleError, ConfigError, ExportError
from awry.exporting import bundles
from awry.exporting.bundle_detectors import check_detectors
from awry.exporting.bundles import ExportOptions, export_detector, parity_of
from awry.fitting import FitOptions, fit_detector
from awry.testing.footage import moving_square_data
from detector_files import write_bright_detector

SETTINGS: dict[str, dict[str, Any]] = {
    "attributes": {"attributes": ["velocity"], "velocity_density": "mixture", "tiles": [2, 1]},
    "ssmtl": {"tiles": [2, 1]},
    "mtla": {},
    "flow": {"tiles": [2, 1]},
    "fused": {
        "of": ["flow", "attributes"],
        "attributes.attributes": ["velocity"],
        "attributes.velocity_density": "mixture",
    },
    "fused of four": {
        "of": ["ssmtl", "mtla", "attributes", "daml"],
        "ssmtl.tiles": [2, 1],
        "mtla.tiles": [2, 1],
        "attributes.tiles": [2, 1],
        "attributes.attributes": ["velocity"],
    },
}
OF_FOUR = {
    *("ssmtl.object", "ssmtl.frame", "mtla.appearance", "mtla.motion"),
    *("attributes.energy_velocity", "daml.encoder", "daml.motion_1", "daml.motion_2"),
}
"""Networks of four fused systems, as their presets `tiny` have them."""


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bright_detector(tmp_path_factory.mktemp("bright") / "bright.onnx")


@pytest.fixture(scope="module")
def fitted(eyes: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A method's name -> fitted with the bright detector, once each."""
    known: dict[str, Detector] = {}

    def of(method: str) -> Detector:
        if method not in known:
            out = tmp_path_factory.mktemp("fit") / "bundle"
            changes = {**SETTINGS[method], "detector": f"onnx:{eyes}"}
            options = FitOptions(preset="tiny", seed=1, changes=changes)
            name = method.partition(" ")[0]
            known[method] = fit_detector(name, moving_square_data(), out, options)
        return known[method]

    return of


def clips() -> list[Clip]:
    return [replace(clip, name=f"train/{clip.name}") for clip in moving_square_data(seed=4).train]


def scores(detector: Detector) -> np.ndarray:
    found = detector.scorer(clip="test-0").score(iter(moving_square_data().test[0].open()))
    return np.array([score.score for score in found], float)


@pytest.mark.parametrize("method", ["attributes", "ssmtl", "mtla", "flow", "fused"])
def test_a_bundle_scores_with_the_detector_it_carries(
    fitted: Any, method: str, eyes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = fitted(method)
    runtime = "openvino" if method == "flow" else "onnx"
    # What a tiny SSMTL finds usual hardly varies, which enlarges the smallest differences.
    options = ExportOptions(runtime, tolerance=1e-2, with_detector="int8")
    about = export_detector(detector, tmp_path / "out", options, clips()[0], clips())
    assert list(about["detectors"]) == [f"onnx:{eyes}"]
    facts = about["detectors"][f"onnx:{eyes}"]
    assert (facts["name"], facts["precision"]) == ("onnx:bright.onnx", "int8")
    assert facts["boxes"]["lost"] <= 0.1
    # Of the networks, whatever the detector.
    assert all(value < 1e-4 for value in about["parity"]["networks"].values())
    assert np.isfinite(about["with_detector"]["score"])
    expected = scores(detector)
    # The camera's machine has no other file.
    monkeypatch.setattr("awry.teachers.objects.onnx.find_weights", _only_in(tmp_path / "out"))
    loaded = Detector.load(tmp_path / "out")
    found, known = scores(loaded), np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(found), known)
    assert np.corrcoef(found[known], expected[known])[0, 1] > 0.9
    assert loaded.runs_in["precision"] == "fp32, detector int8"
    assert (tmp_path / "out" / facts["file"]).is_file()


@pytest.mark.slow
def test_four_fused_systems_go_together_in_int8(fitted: Any, tmp_path: Path) -> None:
    """The networks of all of them, and the one detector that they share."""
    detector = fitted("fused of four")
    options = ExportOptions("openvino", int8=True, with_detector="int8")
    about = export_detector(detector, tmp_path / "out", options, clips()[0], clips()[:1])
    assert set(about["networks"]["model"]) == OF_FOUR
    assert set(about["parity"]["networks"]) == OF_FOUR
    assert len(about["detectors"]) == 1
    loaded = Detector.load(tmp_path / "out")
    assert set(loaded.models["*"].runtime or {}) == OF_FOUR
    expected, found = _by_system(detector), _by_system(loaded)
    for label in ("ssmtl", "mtla", "attributes", "daml"):
        known = np.isfinite(expected[label])
        np.testing.assert_array_equal(np.isfinite(found[label]), known)
        assert np.corrcoef(found[label][known], expected[label][known])[0, 1] > 0.5
        assert not np.array_equal(found[label][known], expected[label][known])  # int8 answered


def _by_system(detector: Detector) -> dict[str, np.ndarray]:
    """Each system's scores of a clip's frames."""
    scored = list(detector.scorer(clip="test-0").score(iter(moving_square_data().test[0].open())))
    labels = [level for level in detector.models["*"].levels if "." not in level]
    return {label: np.array([one.parts.get(label, np.nan) for one in scored]) for label in labels}


def _only_in(folder: Path) -> Any:
    def find(name: str, *_: str) -> Path:
        assert Path(name).parent == folder
        return Path(name)

    return find


def test_a_detector_in_fp32_scores_the_same(fitted: Any, tmp_path: Path) -> None:
    detector = fitted("attributes")
    options = ExportOptions("openvino", with_detector="fp32")
    about = export_detector(detector, tmp_path / "out", options, clips()[0])
    np.testing.assert_allclose(scores(Detector.load(tmp_path / "out")), scores(detector), rtol=1e-3)
    (facts,) = about["detectors"].values()
    assert facts["boxes"]["difference"] < 1e-4
    said = {"runtime": "openvino", "precision": "fp32", "device": "cpu"}
    assert Detector.load(tmp_path / "out").runs_in == said


def test_the_check_compares_boxes_again(
    fitted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = fitted("attributes")
    options = ExportOptions(with_detector="int8")
    export_detector(detector, tmp_path / "out", options, clips()[0], clips())
    parity, _ = parity_of(tmp_path / "out", clips()[0])
    assert parity.score < 1e-4
    eager = Detector.load(tmp_path / "out", eager=True)
    exported = Detector.load(tmp_path / "out")
    found, failed = check_detectors(eager, exported, clips())
    (boxes,) = found.values()
    assert (failed, boxes["boxes"] >= 10) == ([], True)
    sentence = "Half of the boxes are lost."
    monkeypatch.setattr("awry.exporting.bundle_detectors.too_different", lambda *_: sentence)
    assert check_detectors(eager, exported, clips())[1] == [
        f"{sentence} Export the bundle again on this machine."
    ]


def test_a_changed_detector_is_refused(fitted: Any, eyes: Path, tmp_path: Path) -> None:
    export_detector(
        fitted("attributes"), tmp_path / "out", ExportOptions(with_detector="fp32"), clips()[0]
    )
    file = tmp_path / "out" / "detector.onnx"
    kept = file.read_bytes()
    shutil.copy(eyes, file)
    with pytest.raises(BundleError, match=r"detector\.onnx is not what was written"):
        Detector.load(tmp_path / "out")
    file.write_bytes(kept)
    # The original must still be the one that it was fitted with, where it is asked.
    bundled = Detector.load(tmp_path / "out", eager=True)
    write_bright_detector(eyes, metadata={"another": "file"})
    try:
        with pytest.raises(BundleError, match="is not the detector that this bundle was fitted"):
            scores(bundled)
        assert len(scores(Detector.load(tmp_path / "out"))) == 60
    finally:
        write_bright_detector(eyes)


def test_detectors_that_are_not_exported(tmp_path: Path) -> None:
    data = moving_square_data()
    plain = fit_detector("attributes", data, tmp_path / "a", FitOptions(preset="tiny", seed=1))
    options = ExportOptions(with_detector="fp32")
    with pytest.raises(ConfigError, match="foreground cannot be exported: only detectors from"):
        export_detector(plain, tmp_path / "out", options, clips()[0])
    flow = fit_detector("flow", data, tmp_path / "f", FitOptions(preset="tiny"))
    with pytest.raises(ConfigError, match="flow asks no object detector: leave out"):
        export_detector(flow, tmp_path / "out", options, clips()[0])
    with pytest.raises(ConfigError, match="int8 needs normal footage"):
        export_detector(flow, tmp_path / "out", ExportOptions(with_detector="int8"), clips()[0])


def test_too_many_other_boxes_write_nothing(
    fitted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awry.exporting.detectors.too_different", lambda *_: "Half are lost.")
    options = ExportOptions(with_detector="int8")
    with pytest.raises(ExportError, match=r"Half are lost\. Nothing was written"):
        export_detector(fitted("flow"), tmp_path / "out", options, clips()[0], clips())
    assert list(tmp_path.iterdir()) == []
    forced = replace(options, force=True)
    export_detector(fitted("flow"), tmp_path / "out", forced, clips()[0], clips())
    monkeypatch.setattr(bundles, "compare", _without_a_score(bundles.compare))
    with pytest.raises(ExportError, match="With the exported detector frame 7 has no score"):
        export_detector(fitted("flow"), tmp_path / "two", forced, clips()[0], clips())
    assert not (tmp_path / "two").exists()


def _without_a_score(compare: Any) -> Any:
    """The second comparison, that of the whole, finds no number."""
    calls = []

    def anew(*given: Any) -> Any:
        calls.append(1)
        parity = compare(*given)
        return parity if len(calls) == 1 else replace(parity, score=float("inf"), frame=7)

    return anew
