"""Detectors from local files; how their outputs are read stands in test_onnx_layouts.py."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from awry.errors import ConfigError, MissingError
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.onnx import ONNXDetector
from awry.teachers.objects.onnx_layouts import YOLOX

SIDE = (416, 416)
COUNT = 2704 + 676 + 169
FILE = Path("some.onnx")


class _Session:
    """A network that gives the same centres for every cell."""

    def __init__(self, centre: float) -> None:
        self.raw = np.zeros((1, COUNT, 85), np.float32)
        self.raw[..., :2] = centre

    def run(self, names: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [self.raw]


def test_a_yolox_that_decodes_itself_is_refused() -> None:
    detector = object.__new__(ONNXDetector)
    detector.layout, detector._input = YOLOX(SIDE), "images"
    detector._session = _Session(1.5)
    detector._check_raw(FILE)
    detector._session = _Session(300.0)
    with pytest.raises(ConfigError, match="without --decode_in_inference"):
        detector._check_raw(FILE)


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
