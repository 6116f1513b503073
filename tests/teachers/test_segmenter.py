"""Objects with their shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.frames import Objects
from awry.teachers.objects import DetectorOptions, View
from awry.teachers.objects.torchvision import TorchvisionDetector
from awry.teachers.outputs import keep_outputs
from awry.teachers.segmenter import MaskSegmenter, ShapeSegmenter, foreground, load_segmenter

GREY = np.full((40, 60, 3), 100, np.uint8)


def with_box(left: int, value: int = 200) -> np.ndarray:
    picture = GREY.copy()
    picture[10:30, left : left + 8] = value
    return picture


def test_what_differs_from_the_background_is_foreground() -> None:
    still = with_box(20)
    found = foreground(still, still, GREY)
    assert found[20, 24] == 1
    assert found[20, 40] == 0
    assert foreground(still, still, None).max() == 0
    moved = foreground(with_box(24), with_box(20), None)
    assert moved[20, 30] == 1
    assert moved[20, 50] == 0


@pytest.mark.parametrize("colour", [0, 1, 2])
def test_one_colour_that_differs_is_enough(colour: int) -> None:
    """By motion as well as from the background, and the larger of both counts."""
    changed, ground = with_box(20), with_box(20)
    changed[10:30, 20:28, colour] = 100
    ground[10:30, 40:48, colour] = 0
    found = foreground(changed, with_box(20), ground)
    assert found[20, 24] == found[20, 44] == 1
    assert found[20, 10] == 0


class _Fixed:
    """A detector of one box."""

    def __init__(self, box: list[float]) -> None:
        self.box = box

    def detect(self, view: View) -> Objects:
        ones = np.ones(1, np.float32)
        return Objects(np.array([self.box], np.float32), np.zeros(1, np.int64), ones[:, None], ones)


def segment(box: list[float], image: np.ndarray, background: np.ndarray | None) -> np.ndarray:
    segmenter = ShapeSegmenter(_Fixed(box))  # type: ignore[arg-type]
    view = View(image, image, image)
    return segmenter.segment(view, background, segmenter.detector.detect(view)).shapes[0]


def test_a_box_is_refined_to_the_shape_inside() -> None:
    shape = segment([15, 5, 35, 35], with_box(20), GREY)
    assert shape.shape == (30, 20)
    assert shape[10, 8] == 1
    assert shape[10, 18] == 0
    assert shape.mean() == pytest.approx(20 * 8 / 600, rel=0.4)


def test_where_nothing_shows_a_shape_it_is_the_ellipse() -> None:
    for background in (None, GREY):
        shape = segment([10, 10, 30, 30], GREY, background)
        assert shape[10, 10] == 1
        assert shape[0, 0] == 0
        assert shape.mean() == pytest.approx(np.pi / 4, abs=0.05)


def test_boxes_at_the_border_and_of_one_pixel() -> None:
    assert segment([55, 30, 70, 50], with_box(20), GREY).shape == (10, 5)
    assert segment([5, 5, 5.5, 5.5], GREY, GREY).shape == (1, 1)


def test_mask_rcnn_gives_shapes_of_its_own_and_they_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = load_segmenter(
        "random:maskrcnn_resnet50_fpn", DetectorOptions(threshold=0.0, least_side=0)
    )
    assert isinstance(segmenter, MaskSegmenter)
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    view = View(picture, picture, picture)
    with keep_outputs(tmp_path):
        objects = segmenter.detector.detect(view)
        first = segmenter.segment(view, None, objects)
        monkeypatch.setattr(TorchvisionDetector, "masks", None)  # asking again would fail
        again = segmenter.segment(view, None, objects)
    assert len(first.shapes) == len(first.objects.scores) > 0
    for one, two in zip(first.shapes, again.shapes, strict=True):
        np.testing.assert_array_equal(one, two)
        assert 0 <= one.min() <= one.max() <= 1


def test_masks_of_chosen_boxes() -> None:
    detector = TorchvisionDetector("maskrcnn_resnet50_fpn", DetectorOptions(), random=True)
    boxes = np.array([[4, 4, 40, 50], [10, 20, 60, 60]], np.float32)
    chances = np.ones((2, 80), np.float32)
    objects = Objects(boxes, np.array([0, 2]), chances, chances[:, 0])
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    masks = detector.masks(picture, objects)
    assert masks.shape == (2, 28, 28)
    assert 0 <= masks.min() <= masks.max() <= 1
    # Each class has a mask of its own, and each box its own features.
    swapped = Objects(boxes[::-1].copy(), np.array([2, 0]), chances, chances[:, 0])
    np.testing.assert_allclose(detector.masks(picture, swapped), masks[::-1], atol=1e-5)
    renamed = Objects(boxes, np.array([1, 2]), chances, chances[:, 0])
    found = detector.masks(picture, renamed)
    assert not np.allclose(found[0], masks[0])
    np.testing.assert_allclose(found[1], masks[1], atol=1e-5)
    none = Objects(boxes[:0], np.empty(0, np.int64), chances[:0], chances[:0, 0])
    assert detector.masks(picture, none).shape == (0, 28, 28)


def test_a_detector_without_masks_is_refined() -> None:
    segmenter = load_segmenter("random:fasterrcnn_resnet50_fpn")
    assert isinstance(segmenter, ShapeSegmenter)
    assert isinstance(load_segmenter("foreground"), ShapeSegmenter)
