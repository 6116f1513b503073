"""Tiles, suppression, and boxes that say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.frames import Objects
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.objects.selection import box_iou, select, tile_places, without_cut

SIZE = (100, 200)


def chosen(
    boxes: list[list[float]], classes: list[int], scores: list[float], **options: object
) -> Objects:
    probabilities = np.zeros((len(boxes), 80), np.float32)
    probabilities[np.arange(len(boxes)), classes] = scores
    given_options = DetectorOptions(**options)  # type: ignore[arg-type]
    return select(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        probabilities,
        SIZE,
        given_options,
    )


def test_the_more_confident_of_two_alike_stays() -> None:
    found = chosen([[10, 10, 30, 50], [11, 10, 31, 50]], [0, 0], [0.5, 0.9])
    np.testing.assert_allclose(found.boxes, [[11, 10, 31, 50]])
    assert found.scores.tolist() == pytest.approx([0.9])


def test_another_class_is_suppressed_only_across_classes_and_then_lends_its_probability() -> None:
    both = ([[10, 10, 30, 50], [11, 10, 31, 50]], [0, 1], [0.9, 0.5])
    assert len(chosen(*both).scores) == 2
    merged = chosen(*both, across_classes=True)
    assert len(merged.scores) == 1
    assert merged.probabilities[0, :2].tolist() == pytest.approx([0.9, 0.5])


def test_a_box_inside_another_of_its_class_goes_unless_asked_for() -> None:
    nested = ([[10, 10, 60, 90], [20, 20, 30, 30]], [0, 0], [0.9, 0.8])
    assert len(chosen(*nested).scores) == 1
    assert len(chosen(*nested, contained=True).scores) == 2
    assert len(chosen(nested[0], [0, 1], nested[2]).scores) == 2


def test_boxes_are_cut_at_the_border_and_slivers_go() -> None:
    found = chosen([[-20, 10, 30, 50], [198, 10, 260, 50], [50, 50, 52, 90]], [0, 0, 0], [0.9] * 3)
    np.testing.assert_allclose(found.boxes, [[0, 10, 30, 50]])


def test_most_keeps_the_most_confident() -> None:
    boxes = [[20.0 * n, 10, 20.0 * n + 10, 50] for n in range(5)]
    found = chosen(boxes, [0] * 5, [0.5, 0.9, 0.6, 0.8, 0.7], most=2)
    assert found.scores.tolist() == pytest.approx([0.9, 0.8])


def test_nothing_gives_nothing() -> None:
    assert len(chosen([], [], []).boxes) == 0


@given(
    st.integers(40, 400),
    st.integers(40, 400),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.floats(0, 0.5),
)
def test_tiles_cover_the_picture(
    height: int, width: int, tiles: tuple[int, int], overlap: float
) -> None:
    covered = np.zeros((height, width), bool)
    places = tile_places(height, width, tiles, overlap)
    for left, top, right, bottom in places:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        covered[top:bottom, left:right] = True
    assert covered.all()
    count = tiles[0] * tiles[1]
    assert len(places) == (count if count == 1 else count + 1)
    assert len(places) == 1 or places[0] == (0, 0, width, height)


def test_a_box_cut_by_an_inner_edge_is_left_to_the_neighbour() -> None:
    boxes = np.array([[150, 10, 206, 50], [0, 10, 30, 50], [160, 10, 200, 50]], np.float32)
    assert without_cut(boxes, (0, 0, 206, 240), (240, 360)).tolist() == [False, True, True]


def test_iou() -> None:
    one = np.array([[0, 0, 2, 2]], np.float32)
    other = np.array([[1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 2, 2]], np.float32)
    np.testing.assert_allclose(box_iou(one, other), [[1 / 3, 0, 1]], atol=1e-6)
