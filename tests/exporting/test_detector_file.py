"""`awry export --detector` as a person types it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import awry as library
from awry.teachers.objects import View, load_detector
from awry.testing.footage import moving_square
from detector_files import write_bright_detector
from support import write_images


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bright_detector(tmp_path_factory.mktemp("bright") / "bright.onnx")


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("yard") / "day", moving_square(120, 2))


def test_a_detector_becomes_a_file_that_other_commands_take(
    awry, eyes: Path, footage: Path, tmp_path: Path
) -> None:
    out = tmp_path / "small.onnx"
    words = ["export", "--detector", f"onnx:{eyes}", "--int8", "--clip", footage, "--out", out]
    said = awry(*words, "--json")
    assert said.code == 0, said.err
    assert (said.json["runtime"], said.json["precision"]) == ("onnx", "int8")
    assert said.json["detector"] == f"onnx:{out}"
    assert said.json["boxes"]["boxes"] >= 10
    image = moving_square(9, 5)[-1]
    one, other = (
        load_detector(what).detect(View(image, image, image))
        for what in (f"onnx:{eyes}", said.json["detector"])
    )
    np.testing.assert_allclose(other.boxes, one.boxes, atol=1)
    # Its own file is replaced, and the words for people tell the same.
    again = awry(*words)
    assert again.code == 0, again.err
    assert f"--detector onnx:{out}" in again.out.replace("\n", "")
    assert "0.0% of" in again.out


def test_openvino_has_two_files_and_a_check(
    awry, eyes: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["export", "--detector", f"onnx:{eyes}", "--to", "openvino", "--out", tmp_path / "ov"]
    said = awry(*words, "--json")
    assert said.code == 0, said.err
    file = tmp_path / "ov" / "bright.xml"
    assert said.json["detector"] == f"openvino:{file}"
    assert sorted(path.name for path in file.parent.iterdir()) == ["bright.bin", "bright.xml"]
    assert awry(*words).code == 0  # both are its own
    check = ["export", "--detector", f"onnx:{eyes}", "--check", file]
    again = awry(*check, "--clip", footage, "--json").json
    assert (again["precision"], again["failed"]) == ("fp32", [])
    assert again["boxes"]["boxes"] >= 10
    worse = awry(*check, "--tolerance", 0)
    assert worse.code == 1
    assert "Export the detector again on this machine" in worse.err
    (tmp_path / "ov" / "bright.bin").unlink()
    with pytest.raises(library.ConfigError, match=r"Cannot read bright\.xml as a detector in"):
        load_detector(f"openvino:{file}")
    monkeypatch.setitem(sys.modules, "openvino", None)
    missing = awry(*check)
    assert (missing.code, "pip install 'awry[openvino]'" in missing.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--detector", "torchvision:fasterrcnn", "--out", "x"], "only detectors from ONNX files"),
        (["--detector", "boxes:FILE.csv", "--out", "x"], "only detectors from ONNX files can"),
        (["--detector", "foreground", "--out", "x"], "only detectors from ONNX files can"),
        (["--detector", "openvino:a.xml", "--out", "x"], "give the ONNX file that it was made"),
        (["--detector", "darknet:a.cfg", "--out", "x"], "Convert it first: awry weights yolov3"),
        (["--detector", "EYES", "--int8", "--out", "x"], "give --data with training clips"),
        (["--detector", "EYES"], "With --detector give --out FILE, or --check FILE"),
        (["--detector", "EYES", "--out", "a.xml"], "a network for onnx ends in .onnx"),
        (["BUNDLE", "--detector", "EYES", "--out", "x"], "awry export BUNDLE --with-detector int8"),
        (["--detector", "EYES", "--check", "x", "--int8"], "--check FILE exports nothing"),
        (["--detector", "EYES", "--out", "SAME"], "which is read: it would be lost"),
        (["BUNDLE", "--with-detector", "int4", "--out", "x"], "with_detector"),
        (["--detector", "NOISE", "--out", "x"], "Cannot read noise.onnx as a detector in ONNX"),
        (["--detector", "OTHER", "--out", "x"], "known are the layouts of NanoDet"),
    ],
)
def test_words_that_make_no_sense(
    awry, eyes: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    (tmp_path / "noise.onnx").write_bytes(b"no network")
    places = {
        "EYES": f"onnx:{eyes}",
        "SAME": eyes,
        "NOISE": f"onnx:{tmp_path / 'noise.onnx'}",
        "OTHER": f"onnx:{_no_detector(tmp_path / 'other.onnx')}",
        "x": tmp_path / "x",
        "a.xml": tmp_path / "a.xml",
    }
    said = awry("export", *[places.get(word, word) for word in words])
    assert said.code == 2
    assert message in said.err
    assert not (tmp_path / "x").exists()


def _no_detector(path: Path) -> Path:
    from onnx import TensorProto, helper, save

    one, other = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 64, 64]) for name in "xy"
    )
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [one], [other])
    imports = [helper.make_opsetid("", 13)]
    save(helper.make_model(graph, opset_imports=imports, ir_version=8), str(path))
    return path


def test_the_exporters_packages_are_named(
    eyes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(library.MissingError, match=r"pip install 'awry\[export\]'"):
        library.export(detector=f"onnx:{eyes}", out=tmp_path / "x.onnx")


def test_a_program_exports_a_detector(eyes: Path, shared_data: Path, tmp_path: Path) -> None:
    data = library.open_dataset(shared_data)
    out = tmp_path / "eyes.onnx"
    result = library.export(detector=f"onnx:{eyes}", int8=True, out=out, data=data)
    assert isinstance(result, library.DetectorExport)
    assert (result.file, result.failed) == (out, ())
    assert result.rows()[0]["lost"] == result.boxes["lost"]
    assert len(result.plot().patches) == 2
    assert [card.label for card in result.cards()] == ["boxes lost", "new boxes"]
    assert result.to_dict()["original"] == "onnx:bright.onnx"
