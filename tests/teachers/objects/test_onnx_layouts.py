"""How outputs of the known families are read: by hand-made ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError
from awry.teachers.objects.onnx_layouts import (
    LAYOUT,
    STRIDES,
    YOLOX,
    DarknetBoxes,
    NanoDet,
    YOLOv3,
    cells,
    corner_aligned,
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


def test_a_file_that_awry_converted_says_so() -> None:
    said = {LAYOUT: "darknet"}
    # Any number of candidates: small networks have two scales, others other sides.
    for count in (3 * sum(COUNTS), 2535):
        assert isinstance(output_format([[1, count, 85]], SIDE, FILE, said), DarknetBoxes)
    assert type(output_format([[1, 3 * sum(COUNTS), 85]], SIDE, FILE, {})) is YOLOv3
    with pytest.raises(ConfigError, match="convert it again with awry weights yolov3"):
        output_format([[1, 10, 25]], SIDE, FILE, said)


def test_darknet_puts_the_picture_in_the_middle() -> None:
    image = np.full((104, 208, 3), 255, np.uint8)
    image[..., 1:] = 51
    (planes,) = DarknetBoxes(SIDE).prepare(image)
    assert planes.dtype == np.float32
    assert (planes[0, 104:312] == 1).all()
    np.testing.assert_allclose(planes[1:, 104:312], 0.2)
    assert (planes[:, :104] == 0.5).all()
    assert (planes[:, 312:] == 0.5).all()
    tall = DarknetBoxes(SIDE).prepare(np.zeros((100, 33, 3), np.uint8))[0]
    assert DarknetBoxes(SIDE).inner((100, 33)) == (416, 137)  # 137.28, cut off
    assert (tall[:, :, 139 : 139 + 137] == 0).all()
    assert (tall[:, :, :139] == 0.5).all()


def test_darknet_s_boxes_come_back_to_the_picture() -> None:
    raw = np.zeros((1, 5, 85), np.float32)
    raw[0, 3, :7] = (208, 208, 104, 52, 0.9, 0.5, 1.0)
    layout = DarknetBoxes(SIDE)
    boxes, scores, chances = layout.read([raw], (416, 832), 0.02)
    assert scores.tolist() == pytest.approx([0.9])
    assert chances[0, :2].tolist() == pytest.approx([0.45, 0.9])
    # A picture twice as wide as the input, 104 rows of grey above: the middle stays the middle.
    np.testing.assert_allclose(boxes, [[416 - 104, 208 - 52, 416 + 104, 208 + 52]])


def test_corners_stay_corners_when_resized() -> None:
    image = np.array([[0, 30], [60, 90]], np.uint8)[..., None].repeat(3, 2)
    wide = corner_aligned(image, (2, 4))[..., 0]
    np.testing.assert_allclose(wide, [[0, 10, 20, 30], [60, 70, 80, 90]], atol=1e-5)
    np.testing.assert_allclose(corner_aligned(image, (3, 2))[1, :, 0], [30, 60])
    picture = np.random.default_rng(0).integers(0, 255, (31, 17, 3), dtype=np.uint8)
    assert (corner_aligned(picture, (31, 17)) == picture).all()
    small = corner_aligned(picture, (7, 5))
    assert (small[::6, ::4] == picture[::30, ::16]).all()
    assert corner_aligned(picture[:1, :1], (3, 2)).shape == (3, 2, 3)
    assert (corner_aligned(picture, (1, 1))[0, 0] == picture[0, 0]).all()
