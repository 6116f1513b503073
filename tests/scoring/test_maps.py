from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from awry.errors import FootageError, InputError
from awry.scoring.maps import (
    at_centres,
    blurred,
    map_regions,
    map_thresholds,
    painted,
    strongest_place,
)


def test_levels_ascend_and_are_distinct() -> None:
    peaks = np.random.default_rng(0).gamma(2.0, size=500)
    levels = map_thresholds(peaks)
    assert len(levels) == 5
    assert list(levels) == sorted(set(levels))
    assert peaks.max() in levels
    assert map_thresholds(np.full(9, 2.0)) == (2.0,)
    assert map_thresholds(np.array([np.nan, 1.0])) == (1.0,)
    with pytest.raises(FootageError, match="map levels cannot be fixed"):
        map_thresholds(np.array([np.nan]))


def test_two_blobs_are_two_boxes_with_their_maxima() -> None:
    anomaly_map = np.zeros((4, 6), np.float32)
    anomaly_map[0, 0] = 2.0
    anomaly_map[2:4, 4:6] = [[1.0, 5.0], [1.0, 1.0]]
    strong, weak = map_regions(anomaly_map, (0.5,), (40, 60))
    assert (strong.box, strong.score) == ((40, 20, 59, 39), 5.0)
    assert (weak.box, weak.score) == ((0, 0, 9, 9), 2.0)


def test_several_levels_give_nested_boxes_and_equal_boxes_once() -> None:
    anomaly_map = np.zeros((8, 8), np.float32)
    anomaly_map[2:6, 2:6] = 1.0
    anomaly_map[3, 3] = 9.0
    regions = map_regions(anomaly_map, (0.2, 0.5, 3.0), (8, 8))
    assert [region.box for region in regions] == [(2, 2, 5, 5), (3, 3, 3, 3)]
    assert [region.score for region in regions] == [9.0, 9.0]


def test_touching_corners_are_one_component() -> None:
    assert len(map_regions(np.eye(3, dtype=np.float32), (0.5,), (3, 3))) == 1


def test_the_limit_keeps_the_strongest() -> None:
    anomaly_map = np.zeros((5, 99), np.float32)
    anomaly_map[2, ::3] = np.arange(1, 34)
    scores = [region.score for region in map_regions(anomaly_map, (0.5,), (5, 99), limit=4)]
    assert scores == [33, 32, 31, 30]


def test_ignored_positions_do_not_count() -> None:
    anomaly_map = np.ones((4, 4), np.float32)
    ignore = np.zeros((40, 40), bool)
    ignore[:20] = True
    (region,) = map_regions(anomaly_map, (0.5,), (40, 40), ignore=ignore)
    assert region.box == (0, 20, 39, 39)
    assert map_regions(anomaly_map, (0.5,), (40, 40), ignore=np.ones((40, 40), bool)) == ()


def test_a_bad_map_is_refused() -> None:
    with pytest.raises(InputError, match="1 values are not finite"):
        map_regions(np.array([[np.nan]], np.float32), (0.5,), (1, 1))
    with pytest.raises(InputError, match=r"\(3,\)"):
        map_regions(np.zeros(3, np.float32), (0.5,), (1, 1))


@settings(max_examples=60, deadline=None)
@given(
    anomaly_map=hnp.arrays(
        np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 4)
    ),
    height=st.integers(1, 50),
    width=st.integers(1, 50),
)
def test_boxes_lie_in_the_frame_and_the_strongest_is_the_maximum(
    anomaly_map: np.ndarray, height: int, width: int
) -> None:
    regions = map_regions(anomaly_map, (0.5, 1.5, 2.5), (height, width))
    assert bool(regions) == (anomaly_map.max() > 0.5)
    if regions:
        assert regions[0].score == anomaly_map.max()
        assert [r.score for r in regions] == sorted((r.score for r in regions), reverse=True)
        assert len({r.box for r in regions}) == len(regions)
    for region in regions:
        x_min, y_min, x_max, y_max = region.box
        assert 0 <= x_min <= x_max <= width - 1
        assert 0 <= y_min <= y_max <= height - 1


def test_the_mean_filter_in_space() -> None:
    spot = np.zeros((9, 9), np.float32)
    spot[4, 4] = 9
    assert blurred(spot, 3)[3:6, 3:6].tolist() == [[1, 1, 1]] * 3
    assert blurred(spot, 1).tolist() == spot.tolist()


def test_beyond_the_border_nothing_lies() -> None:
    full = np.full((9, 9), 9, np.float32)
    found = blurred(full, 3)
    assert found[4, 4] == 9
    assert found[0, 4] == pytest.approx(6)
    assert found[0, 0] == pytest.approx(4)


def test_the_strongest_place_is_told_however_low_it_is() -> None:
    heat = np.zeros((10, 20), np.float32)
    heat[2:4, 3:6], heat[3, 4], heat[8, 18] = 0.6e-6, 1e-6, 0.9e-6
    place = strongest_place(heat, (100, 200))
    assert place is not None
    assert place.box == (30, 20, 59, 39)
    assert place.score == pytest.approx(1e-6)
    for flat in (np.zeros((4, 4)), np.full((4, 4), np.nan), np.zeros((0, 4))):
        assert strongest_place(flat.astype(np.float32), (8, 8)) is None
    almost = np.ones((4, 4), np.float32)
    almost[0, 0] = np.nextafter(np.float32(1), np.float32(2))
    found = strongest_place(almost, (8, 8))
    assert found is None or found.box == (0, 0, 1, 1)


OVERLAPPING = np.array([[2, 2, 6, 6], [4, 4, 10, 10]], np.float32)


def test_where_boxes_overlap_the_higher_score_is_seen() -> None:
    for order in ([0, 1], [1, 0]):
        found = painted(OVERLAPPING[order], np.array([3.0, 5.0])[order], (12, 12))
        assert found[5, 5] == 5
        assert found[3, 3] == 3
        assert found[0, 0] == 0
        assert found[9, 9] == 5


def test_scores_below_the_lowest_normal_one_are_nothing() -> None:
    assert painted(OVERLAPPING[:1], np.array([-2.0]), (12, 12)).max() == 0
    assert painted(OVERLAPPING[:0], np.empty(0), (12, 12)).shape == (12, 12)


def test_a_neighbour_of_a_strange_object_keeps_its_own_score() -> None:
    """Two objects, 8 pixels wide, overlap a little; the filter is as large as one of them."""
    boxes = np.array([[2, 2, 10, 10], [8, 2, 16, 10]], np.float32)
    canvas = blurred(painted(boxes, np.array([1.0, 9.0]), (12, 24)), 7)
    ordinary, strange = at_centres(canvas, boxes)
    assert strange == canvas.max()
    assert ordinary < 4
    assert canvas[2:10, 2:10].max() > 6


def test_centres_outside_of_the_picture_are_at_its_border() -> None:
    canvas = np.arange(12, dtype=np.float32).reshape(3, 4)
    boxes = np.array([[-9, -9, -5, -5], [3, 2, 9, 9], [1, 0, 2, 2]], np.float32)
    assert at_centres(canvas, boxes).tolist() == [0.0, 11.0, 5.0]
