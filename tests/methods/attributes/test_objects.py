from __future__ import annotations

import numpy as np
import pytest

from awry.errors import BundleError
from awry.frames import Objects
from awry.methods.attributes.config import PRESETS, AttributesConfig
from awry.methods.attributes.objects import (
    ObjectTeachers,
    Place,
    Window,
    _united,
    only_move,
    small_crop,
)
from support import moving_square

PLACE = Place("", 5, None)


def teachers(**changes: object) -> ObjectTeachers:
    return ObjectTeachers(AttributesConfig(**{**PRESETS["tiny"], **changes}))


def objects(boxes: list[list[float]]) -> Objects:
    count = len(boxes)
    return Objects(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(count, -1),
        np.empty((count, 0), np.float32),
        np.ones(count, np.float32),
    )


def test_moving_regions_join_where_no_detected_box_covers_them() -> None:
    known, moving = objects([[0, 0, 10, 10]]), objects([[2, 2, 9, 9], [8, 0, 20, 10]])
    joined = _united(known, moving, known.boxes)
    assert joined.boxes.tolist() == [[0, 0, 10, 10], [8, 0, 20, 10]]
    # A box that is not believed covers nothing.
    assert len(_united(known, moving, known.boxes[:0]).boxes) == 3


def with_classes(boxes: list[list[float]], classes: list[int]) -> Objects:
    """Of two classes; -1: a region that moves."""
    found = objects(boxes)
    chances = np.array([[float(one == n) for n in range(2)] for one in classes], np.float32)
    return Objects(found.boxes, np.array(classes), chances.reshape(-1, 2), found.scores)


def test_regions_only_move_where_the_detector_has_classes() -> None:
    boxes = [[0.0, 0.0, 9.0, 9.0], [9.0, 0.0, 20.0, 9.0]]
    assert only_move(with_classes(boxes, [1, -1])).tolist() == [False, True]
    assert only_move(objects(boxes)).tolist() == [False, False]


def test_the_look_of_a_region_that_only_moves_says_nothing() -> None:
    asker = teachers()
    shown = asker.shown(moving_square(8, 1)[4])
    boxes = [[0.0, 0.0, 20.0, 20.0], [20.0, 10.0, 50.0, 40.0]]
    one = asker.deep(with_classes(boxes, [-1, 0]), shown)
    assert np.isnan(one[0]).all()
    np.testing.assert_array_equal(one[1:], asker.deep(objects(boxes[1:]), shown))
    assert np.isnan(asker.deep(with_classes(boxes, [-1, -1]), shown)).all()
    assert asker.deep(with_classes([], []), shown).shape == (0, 512)


def test_an_objects_attributes() -> None:
    asker = teachers()
    images = moving_square(8, 1)
    shown = [asker.shown(image) for image in images]
    window = Window(shown[4], shown[3], shown[1], shown[7])
    found = asker.observe(asker.found(window, PLACE, None), window, PLACE, 0.1)
    assert len(found) == 1
    assert found.values["velocity"].shape == (1, 4)
    assert found.values["deep"].shape == (1, 512)
    left, top, right, _ = found.boxes[0]
    assert images[4][int(top) + 2, (int(left) + int(right)) // 2].tolist() == [200, 180, 160]


def test_a_missing_later_picture_is_taken_to_be_as_the_earlier_one() -> None:
    asker = teachers()
    shown = [asker.shown(image) for image in moving_square(8, 1)]
    assert len(asker.found(Window(shown[4], shown[3], shown[1]), PLACE, None).boxes) >= 1


def test_crops_come_from_the_picture_at_full_size() -> None:
    asker = teachers(height=32, crop_height=64, margin=0.0)
    image = np.zeros((64, 96, 3), np.uint8)
    image[20:40, 30:60] = 255
    shown = asker.shown(image)
    assert shown.small.shape == (32, 48, 3)
    (crop,) = asker.cut(np.array([[15, 10, 30, 20]], np.float32), shown)
    assert crop.shape == (20, 30, 3)
    assert crop.min() == 255
    assert asker.sizes((128, 192)) == ((64, 96), (32, 48))


def test_small_crops_keep_their_shape() -> None:
    assert small_crop(np.zeros((128, 32, 3), np.uint8)).shape == (64, 16, 3)
    assert small_crop(np.zeros((20, 9, 3), np.uint8)).shape == (20, 9, 3)


def test_room_is_what_flow_and_motion_need() -> None:
    assert teachers().room(10.0) == (3, 3)
    assert teachers().room(25.0) == (8, 8)
    network = "random:fasterrcnn_mobilenet_v3_large_320_fpn"
    assert teachers(detector=network).room(25.0) == (8, 8)
    assert teachers(detector=network, motion_boxes=False).room(25.0) == (2, 0)


def test_another_detector_than_the_bundles_is_refused() -> None:
    with pytest.raises(BundleError, match="not the detector"):
        teachers(detector_fingerprint="0123456789abcdef")
