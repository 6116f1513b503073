"""Detectors from local files; how their outputs are read stands in test_onnx_layouts.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from awry.errors import ConfigError, MissingError
from awry.exporting.detectors import DetectorTarget, export_network, random_pictures, write_files
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.onnx import check_raw, file_detector, takes_two
from awry.teachers.objects.onnx_layouts import YOLOX
from awry.testing.footage import moving_square
from detector_files import write_bright_detector

SIDE = (416, 416)
COUNT = 2704 + 676 + 169
FILE = Path("some.onnx")


def centres_at(place: float) -> Callable[[np.ndarray], list[np.ndarray]]:
    """A network that gives the same centres for every cell."""
    raw = np.zeros((1, COUNT, 85), np.float32)
    raw[..., :2] = place
    return lambda pictures: [raw]


def test_a_yolox_that_decodes_itself_is_refused() -> None:
    check_raw(centres_at(1.5), YOLOX(SIDE), FILE)
    with pytest.raises(ConfigError, match="without --decode_in_inference"):
        check_raw(centres_at(300.0), YOLOX(SIDE), FILE)


def test_a_file_that_promises_a_batch_is_asked_for_one() -> None:
    layout = YOLOX((64, 64))

    def honest(pictures: np.ndarray) -> list[np.ndarray]:
        return [pictures.reshape(len(pictures), 3, -1)]

    def fixed(pictures: np.ndarray) -> list[np.ndarray]:
        if len(pictures) > 1:
            raise RuntimeError("a Reshape to one picture")
        return honest(pictures)

    assert takes_two(honest, layout)
    assert not takes_two(fixed, layout)
    assert not takes_two(lambda pictures: [honest(pictures)[0] * len(pictures)], layout)
    assert not takes_two(lambda pictures: [honest(pictures)[0].sum(0, keepdims=True)], layout)


def test_tiles_go_as_one_batch_and_find_the_same(tmp_path: Path) -> None:
    file = write_bright_detector(tmp_path / "bright.onnx")
    options = DetectorOptions(tiles=(2, 1))
    single = file_detector("onnx", str(file), options)
    target = DetectorTarget("onnx", "fp32", 1e-4)
    files, _ = export_network(single, target, random_pictures(single), "free")
    batched = file_detector("onnx", str(write_files(tmp_path, files)), options)
    assert (single.batches, batched.batches) == (False, True)
    calls: list[int] = []
    network = batched.network
    batched.network = lambda pictures: calls.append(len(pictures)) or network(pictures)
    for image in moving_square(12, 3)[::4]:
        one, other = (d.detect(View(image, image, image)) for d in (single, batched))
        assert len(one.scores) > 0
        np.testing.assert_allclose(other.boxes, one.boxes, atol=1e-3)
        np.testing.assert_allclose(other.scores, one.scores, atol=1e-5)
    assert calls == [3, 3, 3]


class _Darknet:
    classes = 80

    def setInput(self, blob: np.ndarray) -> None:  # noqa: N802 - OpenCV's name
        assert blob.shape == (1, 3, 416, 416)

    def getUnconnectedOutLayersNames(self) -> list[str]:  # noqa: N802
        return ["yolo"]

    def forward(self, names: list[str]) -> list[np.ndarray]:
        row = np.zeros((2, 5 + self.classes), np.float32)
        row[0, :4], row[0, 4], row[0, 5 + 2] = (0.5, 0.5, 0.2, 0.4), 0.9, 0.8
        return [row]


def test_darknet_files_need_opencv_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "__version__", "5.0.0")
    with pytest.raises(MissingError, match=r"awry weights yolov3 .*opencv-python-headless<5"):
        load_detector("darknet:yolov3.cfg")
    monkeypatch.setattr(cv2, "__version__", "4.12.0")
    read = []

    def reader(config: str, weights: str) -> _Darknet:
        read.append(Path(config).read_text())
        return _Darknet()

    monkeypatch.setattr(cv2.dnn, "readNetFromDarknet", reader, raising=False)
    for ending in (".cfg", ".weights"):
        (tmp_path / f"yolov3{ending}").write_text("[net]\n[yolo]\nmask = 0\n")
    detector = load_detector(f"darknet:{tmp_path / 'yolov3.weights'}", DetectorOptions())
    image = np.zeros((100, 200, 3), np.uint8)
    found = detector.detect(View(image, image, image))
    np.testing.assert_allclose(found.boxes, [[80, 30, 120, 70]], rtol=1e-5)
    assert found.class_ids.tolist() == [2]
    # OpenCV would set all class scores below 0.2 to zero.
    assert read == ["[net]\n[yolo]\nthresh=0.001\nmask = 0\n"]
    monkeypatch.setattr(_Darknet, "classes", 20)
    with pytest.raises(ConfigError, match="gives 20 classes"):
        detector.detect(View(image, image, image))
