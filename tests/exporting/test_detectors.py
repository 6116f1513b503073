"""Object detectors' networks elsewhere: the same boxes, or nothing is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from awry.errors import ConfigError, ExportError
from awry.exporting import detectors
from awry.exporting.boxes import compare_boxes
from awry.exporting.detectors import (
    MOST_PICTURES,
    DetectorTarget,
    Seen,
    alternating,
    export_network,
    exportable,
    random_pictures,
    seen_by,
    write_files,
)
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.onnx import NetworkDetector, file_detector
from awry.testing.footage import moving_square
from detector_files import write_bright_detector


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> NetworkDetector:
    file = write_bright_detector(tmp_path_factory.mktemp("bright") / "bright.onnx")
    return file_detector("onnx", str(file), DetectorOptions(tiles=(2, 1)))


def pictures(detector: NetworkDetector, seed: int = 0) -> list[np.ndarray]:
    with seen_by([detector]) as seen:
        for image in moving_square(24, seed)[::2]:
            detector.detect(View(image, image, image))
    return seen[detector.opened.content].pictures


def kinds(file: Path) -> list[str]:
    return [node.op_type for node in onnx.load(str(file)).graph.node]


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_an_exported_detector_finds_the_same(
    original: NetworkDetector, runtime: str, precision: str, tmp_path: Path
) -> None:
    seen = pictures(original)
    target = DetectorTarget(runtime, precision, 1e-4)
    files, boxes = export_network(original, target, seen, "eyes")
    names = {"onnx": ["eyes.onnx"], "openvino": ["eyes.xml", "eyes.bin"]}
    assert list(files) == names[runtime]
    assert boxes.boxes >= 10
    assert (boxes.lost, boxes.new) == (0, 0)
    path = write_files(tmp_path, files)
    found = load_detector(f"{runtime}:{path}", original.options)
    assert isinstance(found, NetworkDetector)
    assert found.opened.metadata["awry.precision"] == precision
    assert (found.batches, type(found.layout)) == (True, type(original.layout))
    # Measured again on other footage.
    again = compare_boxes(original, found, pictures(original, 7))
    assert again.iou > 0.97
    if precision == "fp32":
        assert again.difference < 1e-4
        assert boxes.pictures == len(seen)
    else:
        assert 1e-5 < again.difference < 0.1
        assert boxes.pictures < len(seen)


def test_both_ends_stay_fp32(original: NetworkDetector, tmp_path: Path) -> None:
    target = DetectorTarget("onnx", "int8", 1e-4)
    files, _ = export_network(original, target, pictures(original), "eyes")
    graph = onnx.load(str(write_files(tmp_path, files))).graph
    weights = {tensor.name: tensor.data_type for tensor in graph.initializer}
    plain = {n.name for n in graph.node if n.op_type == "Conv" and n.input[1] in weights}
    every = [node.name for node in graph.node if node.op_type == "Conv"]
    assert len(every) == 7
    assert len(plain) == 6  # the fourth alone is between the ends


def test_metadata_and_layout_survive(tmp_path: Path) -> None:
    about = {"awry.network": "bright", "author": "somebody"}
    file = write_bright_detector(tmp_path / "bright.onnx", opset=11, metadata=about)
    detector = file_detector("onnx", str(file), DetectorOptions(tiles=(2, 1)))
    target = DetectorTarget("onnx", "int8", 1e-4)
    files, _ = export_network(detector, target, pictures(detector), "small")
    path = write_files(tmp_path, files)
    assert file_detector("onnx", str(path), DetectorOptions()).opened.metadata == {
        **about,
        "awry.precision": "int8",
    }
    small = file_detector("onnx", str(path), DetectorOptions())
    with pytest.raises(ConfigError, match="8 bits already: give the file"):
        export_network(small, target, pictures(detector), "smaller")


def test_a_batch_that_cannot_be_free_stays_one(
    original: NetworkDetector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awry.teachers.objects.onnx.takes_two", lambda *_: False)
    target = DetectorTarget("onnx", "fp32", 1e-4)
    files, _ = export_network(original, target, random_pictures(original), "eyes")
    monkeypatch.undo()
    found = file_detector("onnx", str(write_files(tmp_path, files)), original.options)
    assert not found.batches
    assert found.opened.input == [1, 3, 64, 64]


def test_more_convolutions_stay_fp32_where_boxes_are_lost(
    original: NetworkDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    ends = detectors._ends

    def counted(model: object, first: int) -> list[str]:
        tried.append(first)
        return ends(model, first)

    monkeypatch.setattr(detectors, "_ends", counted)
    sentences = iter(["too many are lost.", ""])
    monkeypatch.setattr(detectors, "too_different", lambda *_: next(sentences))
    export_network(original, DetectorTarget("onnx", "int8", 1e-4), pictures(original), "eyes")
    assert tried == [3, 8]


def test_too_far_is_refused_unless_forced(
    original: NetworkDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = pictures(original)
    monkeypatch.setattr(detectors, "too_different", lambda *_: "Half of the boxes are lost.")
    with pytest.raises(ExportError, match=r"Half .* Nothing was written\. --force keeps it"):
        export_network(original, DetectorTarget("onnx", "int8", 1e-4), seen, "eyes")
    forced = DetectorTarget("onnx", "int8", 1e-4, force=True)
    assert export_network(original, forced, seen, "eyes")[0]
    fp32 = DetectorTarget("onnx", "fp32", 1e-4, force=True)
    with pytest.raises(ExportError, match=r"lost\. Nothing was written\.$"):
        export_network(original, fp32, seen, "eyes")


def test_few_pictures_serve_both_ends_and_many_are_thinned() -> None:
    few = [np.full((1, 3, 2, 2), n, np.float32) for n in range(5)]
    assert alternating(few) == (few, few)
    ranges, compared = alternating([*few, *few, *few, *few])
    assert (len(ranges), len(compared)) == (12, 8)
    seen = Seen(lambda pictures: [pictures])
    batch = np.arange(3 * MOST_PICTURES, dtype=np.float32)[:, None, None, None]
    assert len(seen(batch)[0]) == 3 * MOST_PICTURES
    kept = [float(one[0, 0, 0, 0]) for one in seen.pictures]
    assert MOST_PICTURES // 2 <= len(kept) <= MOST_PICTURES
    assert kept == [4.0 * n for n in range(len(kept))]


@pytest.mark.parametrize("what", ["foreground", "random:retinanet_resnet50_fpn"])
def test_other_kinds_are_not_exported(what: str) -> None:
    with pytest.raises(ConfigError, match="only detectors from ONNX files can, onnx:FILE"):
        exportable(what, load_detector("foreground"))
