"""`awry export` as a person types it; every command takes what it makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import awry as library
from awry.exporting import accuracy as accuracies
from awry.exporting import export as exports
from detector_files import write_bright_detector
from support import write_images


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    out = tmp_path_factory.mktemp("daml") / "bundle"
    library.fit("daml", shared_data, out=out, preset="tiny", seed=1)
    return out


def test_export_then_score_check_and_evaluate(
    awry, fitted: Path, data: Path, tmp_path: Path, clip_images
) -> None:
    out = tmp_path / "small"
    said = awry("export", fitted, "--to", "onnx", "--out", out, "--json")
    assert said.code == 0, said.err
    assert (said.json["runtime"], said.json["precision"]) == ("onnx", "fp32")
    assert said.json["parity"]["score"] < 1e-4
    clip = write_images(tmp_path / "gate", clip_images(900))
    for bundle, file in ((fitted, "one.csv"), (out, "two.csv")):
        assert awry("score", bundle, clip, "--out", tmp_path / file, "--fps", 10).code == 0
    one, two = (
        np.genfromtxt(tmp_path / file, delimiter=",", skip_header=1, usecols=3)
        for file in ("one.csv", "two.csv")
    )
    np.testing.assert_allclose(one, two, rtol=1e-3)
    checked = awry("export", "--check", out, "--data", data)
    assert checked.code == 0
    assert "scores of" in checked.out
    measured = awry("evaluate", out, "--data", data, "--out", tmp_path / "r", "--json")
    assert measured.code == 0, measured.err


def test_int8_is_measured_on_the_data_set(
    awry, fitted: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["export", fitted, "--int8", "--data", data, "--out", tmp_path / "int8", "--json"]
    said = awry(*words, "--bound", 1)
    assert said.code == 0, said.err
    accuracy = said.json["accuracy"]
    plain = awry("evaluate", fitted, "--data", data, "--out", tmp_path / "plain", "--json").json
    assert accuracy["before"] == pytest.approx(plain["frame"]["micro_auc"])
    assert plain["settings"]["precision"] == "fp32"
    small = awry("evaluate", tmp_path / "int8", "--data", data, "--out", tmp_path / "q", "--json")
    assert accuracy["after"] == pytest.approx(small.json["frame"]["micro_auc"])
    assert small.json["settings"]["precision"] == "int8"
    assert accuracy["lost"] == pytest.approx(accuracy["before"] - accuracy["after"])
    figures = iter([0.9, 0.85, 0.9, 0.85])
    monkeypatch.setattr(accuracies, "micro_auc", lambda *_: next(figures))
    refused = awry(*words[:-3], "--out", tmp_path / "worse")
    assert refused.code == 2
    assert "int8 loses 0.0500 of micro AUC (0.9000 to 0.8500); at most 0.01" in refused.err
    assert not (tmp_path / "worse").exists()
    assert awry(*words[:-3], "--out", tmp_path / "worse", "--force").code == 0


def test_a_check_of_int8_measures_its_accuracy_again(
    awry, fitted: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "int8"
    words = ["export", fitted, "--int8", "--data", data, "--out", out]
    assert awry(*words, "--bound", 1).code == 0
    check = ["export", "--check", out, "--data", data]
    assert awry(*check, "--json").json["accuracy"]["bound"] == 1
    figures = iter([0.9, 0.7])
    monkeypatch.setattr(accuracies, "micro_auc", lambda *_: next(figures))
    worse = awry(*check, "--bound", 0.1)
    assert worse.code == 1
    assert "int8 loses 0.2000 of micro AUC" in worse.err
    assert "micro AUC 0.9000 -> 0.7000" in worse.out
    without = awry("export", "--check", out)
    assert without.code == 0
    assert "was not measured here" in without.out
    assert "cores" in without.out  # where the manifest's figures were measured


def test_clips_that_cannot_be_scored_are_listed(awry, fitted: Path, data: Path, tmp_path: Path):
    broken = sorted((data / "test").iterdir())[0]
    for file in broken.iterdir():
        file.write_bytes(b"no picture")
    words = ["export", fitted, "--int8", "--bound", 1, "--data", data, "--out", tmp_path / "b"]
    said = awry(*words)
    assert (said.code, broken.name in said.err) == (1, True)
    assert (tmp_path / "b" / "manifest.json").is_file()


def test_int8_ranges_from_a_video(awry, fitted: Path, tmp_path: Path, make_video, clip_images):
    video = make_video(tmp_path / "gate.mp4", clip_images(3))
    said = awry("export", fitted, "--int8", "--clip", video, "--out", tmp_path / "b", "--json")
    assert said.code == 0, said.err
    assert "accuracy" not in said.json
    refused = awry("export", fitted, "--int8", "--out", tmp_path / "c")
    assert refused.code == 2
    assert "give --data with training clips, or --clip" in refused.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "onnx"], "Give a bundle and --out DIR"),
        (["BUNDLE"], "Give a bundle and --out DIR"),
        (["BUNDLE", "--check", "x"], "--check DIR exports nothing"),
        (["BUNDLE", "--to", "tensorrt", "--out", "x"], "no runtime 'tensorrt'"),
        (["--check", "BUNDLE"], "was not exported"),
        (["BUNDLE", "--out", "BUNDLE"], "which is read: it would be lost"),
        (["--check", "nowhere"], "is not a bundle"),
    ],
)
def test_words_that_make_no_sense(awry, fitted: Path, words: list[str], message: str) -> None:
    said = awry("export", *[fitted if word == "BUNDLE" else word for word in words])
    assert said.code == 2
    assert message in said.err


def test_a_check_that_fails_says_so(
    awry, fitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert awry("export", fitted, "--out", out, "--tolerance", 1e-4).code == 0
    about = {"runtime": "onnx", "precision": "fp32", "tolerance": 0.0, "machine": "M"}
    parity_of = exports.parity_of
    monkeypatch.setattr(exports, "parity_of", lambda *a: (parity_of(*a)[0], about))
    said = awry("export", "--check", out)
    assert said.code == 1
    assert "Export the bundle again on this machine" in said.err


def test_a_program_exports_and_checks(fitted: Path, shared_data: Path, tmp_path: Path) -> None:
    data = library.open_dataset(shared_data)
    result = library.export(fitted, out=tmp_path / "onnx", data=data)
    assert isinstance(result, library.ExportResult)
    assert (result.runtime, result.precision, result.accuracy) == ("onnx", "fp32", None)
    assert result.parity["score"] < 1e-4
    assert [row["network"] for row in result.rows()] == list(result.parity["networks"])
    assert len(result.plot().patches) == 2 * len(result.rows())
    assert result.cards()[0].label == "largest difference of a score"
    again = library.export(check=tmp_path / "onnx", data=data)
    assert again.failed == ()
    assert again.facts["machine"] == result.facts["machine"]


def test_a_program_is_refused_before_anything_is_computed(fitted: Path, tmp_path: Path) -> None:
    with pytest.raises(library.ConfigError, match="Give a bundle and --out"):
        library.export(fitted)
    with pytest.raises(library.ConfigError, match="exports nothing"):
        library.export(check=fitted, to="onnx")
    with pytest.raises(library.ConfigError, match="'tolerance' of export is -1"):
        library.export(fitted, out=tmp_path / "out", tolerance=-1)
    with pytest.raises(library.BundleError, match="no runtime 'onyx'"):
        library.export(fitted, out=tmp_path / "out", to="onyx")
    assert not (tmp_path / "out").exists()


def test_a_bundle_goes_with_its_detector(
    awry, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes, out = write_bright_detector(tmp_path / "bright.onnx"), tmp_path / "fast"
    words = ["--data", shared_data, "--preset", "tiny", "--set", "tiles=[2,1]"]
    said = awry("fit", "flow", *words, "--detector", f"onnx:{eyes}", "--out", tmp_path / "flow")
    assert said.code == 0, said.err
    words = ["export", tmp_path / "flow", "--with-detector", "int8", "--data", shared_data]
    said = awry(*words, "--bound", 1, "--out", out, "--json")
    assert said.code == 0, said.err
    assert said.json["accuracy"]["before"] == pytest.approx(said.json["accuracy"]["after"], abs=0.2)
    check = ["export", "--check", out, "--data", shared_data, "--json"]
    again = awry(*check)
    assert again.code == 0, again.err
    (facts,) = again.json["detectors"].values()
    assert facts["boxes"]["boxes"] >= 10
    assert {"accuracy", "accuracy_at_export"} <= set(again.json)
    assert again.json["networks"] == {"model": {}}
    monkeypatch.setattr("awry.exporting.bundle_detectors.too_different", lambda *_: "Half is lost.")
    worse = awry(*check)
    assert worse.code == 1
    assert "Half is lost. Export the bundle again on this machine." in worse.err
