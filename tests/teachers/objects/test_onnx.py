"""How outputs of the known families are read: by hand-made ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from awry.errors import ConfigError, MissingError
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.onnx import (
    STRIDES,
    YOLOX,
    NanoDet,
    ONNXDetector,
    YOLOv3,
    cells,
    output_format,
)

SIDE = (416, 416)
COUNTS = [len(cells(*SIDE, stride)) for stride in STRIDES]
FILE = Path("some.onnx")


def test_grids() -> None:
    assert COUNTS == [2704, 676, 169]
    assert cells(16, 24, 8).tolist() == [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]


def test_families_are_told_by_their_outputs() -> None:
    nano = [[1, count, width] for count in COUNTS for width in (80, 44)]
    assert isinstance(output_format(nano, SIDE, FILE), NanoDet)
    assert isinstance(output_format([[1, sum(COUNTS), 85]], SIDE, FILE), YOLOX)
    assert isinstance(output_format([[1, 3 * sum(COUNTS), 85]], SIDE, FILE), YOLOv3)
    with pytest.raises(ConfigError, match=r"some\.onnx gives outputs of shapes \[\[1, 5, 6\]\]"):
        output_format([[1, 5, 6]], SIDE, FILE)


def test_nanodet_distances_are_means_of_distributions() -> None:
    outputs = []
    for count in COUNTS:
        outputs += [np.zeros((1, count, 80), np.float32), np.full((1, count, 44), -9, np.float32)]
    outputs[2][0, 27, 5] = 0.75  # stride 16: column 1, row 1
    outputs[3][0, 27, [2, 11 + 1, 22 + 3, 33 + 2]] = 9
    boxes, scores, probabilities = NanoDet(SIDE).read(outputs, (208, 416), 1e-3)
    assert scores.tolist() == [0.75]
    assert probabilities.shape == (1, 80)
    # Centre (24, 24); 32 to the left, 16 up, 48 to the right, 32 down; rows halved.
    np.testing.assert_allclose(boxes, [[-8, 4, 72, 28]], atol=0.1)


def test_yolox_offsets_are_of_its_cell() -> None:
    raw = np.full((1, sum(COUNTS), 85), 0, np.float32)
    place = COUNTS[0] + 27
    raw[0, place, :6] = (0.5, 0.25, np.log(2), np.log(4), 0.8, 0.5)
    boxes, scores, _ = YOLOX(SIDE).read([raw], (208, 416), 1e-3)
    assert scores.tolist() == pytest.approx([0.4])
    np.testing.assert_allclose(boxes, [[24 - 16, 20 - 32, 24 + 16, 20 + 32]], rtol=1e-5)


def test_yolov3_boxes_are_decoded_already() -> None:
    raw = np.zeros((1, 3 * sum(COUNTS), 85), np.float32)
    raw[0, 9, :6] = (100, 50, 20, 40, 0.9, 1.0)
    boxes, scores, _ = YOLOv3(SIDE).read([raw], (832, 832), 1e-3)
    assert scores.tolist() == pytest.approx([0.9])
    np.testing.assert_allclose(boxes, [[180, 60, 220, 140]])


def test_letterboxing_keeps_the_aspect() -> None:
    image = np.full((104, 208, 3), 255, np.uint8)
    sized = YOLOX(SIDE).prepare(image)[0]
    assert (sized[:, :208] == 255).all()
    assert (sized[:, 208:] == 114).all()


class _Session:
    """A network that gives the same centres for every cell."""

    def __init__(self, centre: float) -> None:
        self.raw = np.zeros((1, sum(COUNTS), 85), np.float32)
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
    with pytest.raises(MissingError, match=r"opencv-python-headless<5"):
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
