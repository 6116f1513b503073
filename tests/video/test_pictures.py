from __future__ import annotations

import cv2
import numpy as np
import pytest

from awry.video.pictures import (
    averaged,
    coloured,
    cut_out,
    grown,
    outer,
    resized,
    same_aspect,
    small_mask,
    whole_pixels,
    working_size,
)

IMAGE = np.random.default_rng(0).integers(0, 255, (12, 18, 3), dtype=np.uint8)


def test_grey_comes_before_resizing() -> None:
    grey = cv2.cvtColor(IMAGE, cv2.COLOR_RGB2GRAY)
    assert np.array_equal(resized(IMAGE, (5, 7), True)[:, :, 0], cv2.resize(grey, (7, 5)))


def test_a_picture_of_that_size_is_left_alone() -> None:
    assert resized(IMAGE, None) is not None
    assert np.array_equal(resized(IMAGE, (12, 18)), IMAGE)
    assert resized(IMAGE, (12, 18), True).shape == (12, 18, 1)


def test_averaged_is_the_mean_of_the_area() -> None:
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    blocks = values.reshape(2, 2, 3, 2).mean((1, 3))
    assert averaged(values, (2, 3)) == pytest.approx(blocks)
    both = averaged(np.stack([values, -values], 2), (2, 3))
    assert both[..., 1] == pytest.approx(-blocks)


def test_small_mask_holds_what_lies_wholly_inside() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:20, :15] = True  # covers one and a half of the columns of the small map
    small = small_mask(mask, (4, 4))
    assert small.dtype == bool
    assert np.argwhere(small).tolist() == [[0, 0], [1, 0]]
    assert not small_mask(np.zeros((40, 40), bool), (4, 4)).any()


def test_same_aspect_forgives_rounding_alone() -> None:
    assert same_aspect((1080, 1920), (480, 853))
    assert not same_aspect((1080, 1920), (480, 640))


def test_coloured_repeats_grey() -> None:
    grey = IMAGE[..., :1]
    assert np.array_equal(coloured(grey), np.repeat(grey, 3, axis=2))
    crop = grey[2:7, 3:4]
    crop.flags.writeable = False  # as one out of a mapped file
    found = coloured(crop)
    assert np.array_equal(found, np.repeat(crop, 3, axis=2))
    assert found.flags.c_contiguous
    assert coloured(grey[:0]).shape == (0, 18, 3)


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((2.2, 3.0, 4.1, 5.0), (3, 5), (2, 5)),
        ((2.0, 3.0, 2.0, 3.0), (3, 4), (2, 3)),  # no area: a pixel all the same
        ((-9.0, -9.0, -5.0, -5.0), (0, 1), (0, 1)),
        ((50.0, 50.0, 60.0, 60.0), (11, 12), (17, 18)),
    ],
)
def test_outer_covers_what_a_box_touches(
    box: tuple[float, ...], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    found = outer(np.array(box, np.float32), IMAGE.shape)
    assert found == (slice(*rows), slice(*columns))


def test_whole_pixels_have_both_ends_inside() -> None:
    assert whole_pixels(np.array([2.2, 3.0, 4.1, 5.0]), (12, 18)) == (2, 3, 4, 4)
    assert whole_pixels(np.array([-3.0, 0.0, 40.0, 40.0]), (12, 18)) == (0, 0, 17, 11)


def test_working_size_only_reduces() -> None:
    assert working_size((1080, 1920), 480) == (480, 853)
    assert working_size((240, 360), 480) == (240, 360)
    assert working_size((240, 360), None) == (240, 360)


def test_boxes_grow_within_the_frame() -> None:
    boxes = np.array([[10, 10, 20, 30], [0, 0, 60, 40]], np.float32)
    np.testing.assert_allclose(grown(boxes, 0.2, (40, 60)), [[9, 8, 21, 32], [0, 0, 60, 40]])
    np.testing.assert_array_equal(grown(boxes, 0.0, (40, 60)), boxes)


def test_what_a_box_covers_comes_out_in_three_colours() -> None:
    cut = cut_out(IMAGE[..., :1], np.array([2.4, 1, 6, 4.2], np.float32))
    np.testing.assert_array_equal(cut, np.repeat(IMAGE[1:5, 2:6, :1], 3, axis=2))
