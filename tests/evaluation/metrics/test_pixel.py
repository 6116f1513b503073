from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from awry.errors import InputError
from awry.evaluation.metrics.pixel import pixel_auc, pixel_score

Frame = tuple[np.ndarray, np.ndarray]


def mask_of(rows: list[str]) -> np.ndarray:
    return np.array([[mark == "#" for mark in row] for row in rows])


def slow_auc(frames: list[Frame], covered: float = 0.4) -> float:
    """The definition, threshold by threshold, with maps enlarged to the masks' size."""
    large = [
        cv2.resize(one, mask.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        for one, mask in frames
    ]
    abnormal = [bool(mask.any()) for _, mask in frames]
    rates = [(0.0, 0.0)]
    for threshold in np.unique(np.stack(large))[::-1]:
        found = alarms = 0
        for values, (_, mask) in zip(large, frames, strict=True):
            over = values >= threshold
            if not mask.any():
                alarms += bool(over.any())
            elif np.sum(over & mask) >= covered * np.sum(mask) - 1e-9:
                found += 1
        rates.append((alarms / (len(frames) - sum(abnormal)), found / sum(abnormal)))
    return sum((x - x0) * (y + y0) / 2 for (x0, y0), (x, y) in pairwise(rates))


def test_two_of_five_true_pixels_are_enough() -> None:
    values = np.float32([[9, 8, 7], [1, 2, 3]])
    mask = mask_of([".##", "###"])
    # True pixels hold 8, 7, 3, 2, 1; the 9 lies beside them and counts for nothing.
    assert pixel_score(values, mask) == 7
    assert pixel_score(values, mask, covered=0.41) == 3
    assert pixel_score(values, mask, covered=0.2) == 8
    assert pixel_score(values, mask, covered=1.0) == 1
    assert pixel_score(values, mask, covered=1e-6) == 8


def test_a_share_is_not_missed_by_rounding() -> None:
    values = np.arange(100, dtype=np.float32).reshape(10, 10)
    # 0.07 * 100 is a little more than 7.
    assert pixel_score(values, np.ones((10, 10), bool), covered=0.07) == 93


def test_a_normal_frame_has_its_maximum() -> None:
    values = np.float32([[0.5, -1], [0, 0.25]])
    assert pixel_score(values, None) == pixel_score(values, np.zeros((8, 8), bool)) == 0.5


def test_a_coarse_map_is_read_at_the_pixels_it_spans() -> None:
    mask = mask_of(["##..", "#...", "...#", "...#"])
    # Three true pixels lie in the cell of 4 and two in that of 1.
    assert pixel_score(np.float32([[4, 9], [9, 1]]), mask) == 4
    assert pixel_score(np.float32([[4, 9], [9, 1]]), mask, covered=0.7) == 1
    # Of 5 columns the middle one belongs to the right cell, as its centre is on the edge.
    assert pixel_score(np.float32([[1, 2]]), mask_of(["..#.."])) == 2
    assert pixel_score(np.float32([[1, 2]]), mask_of([".#..."])) == 1


def test_a_map_finer_than_the_mask_keeps_every_value() -> None:
    values = np.float32([[1, 2, 30, 40], [3, 4, 50, 60]])
    mask = mask_of(["#."])
    assert [pixel_score(values, mask, share) for share in (0.25, 0.4, 0.6, 1)] == [4, 3, 2, 1]
    # Finer along one axis only.
    assert pixel_score(np.float32([[1, 2, 3, 4]]), mask_of([".#", ".."]), 1.0) == 3


maps = hnp.arrays(np.float32, (2, 3), elements=st.integers(0, 6).map(float))
masks = hnp.arrays(bool, (5, 4))


@settings(max_examples=80, deadline=None)
@given(
    frames=st.lists(st.tuples(maps, masks), min_size=2, max_size=8).filter(
        lambda found: len({bool(mask.any()) for _, mask in found}) == 2
    ),
    covered=st.sampled_from([0.1, 0.4, 0.5, 1.0]),
)
def test_the_area_is_that_of_the_definition(frames: list[Frame], covered: float) -> None:
    scores = [pixel_score(values, mask, covered) for values, mask in frames]
    labels = [int(mask.any()) for _, mask in frames]
    expected = slow_auc(frames, covered)
    assert pixel_auc([scores], [labels]) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(values=maps, mask=masks, low=st.floats(0.01, 1), high=st.floats(0.01, 1))
def test_to_cover_more_is_never_easier(
    values: np.ndarray, mask: np.ndarray, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    assert values.max() >= pixel_score(values, mask, low) >= pixel_score(values, mask, high)


def test_a_map_that_is_right_in_time_and_wrong_in_place_gains_nothing() -> None:
    mask = mask_of(["##..", "##.."])
    right, wrong = mask.astype(np.float32), (~mask).astype(np.float32)
    normal = np.full((2, 4), 0.5, np.float32)
    for values, expected in ((right, 1.0), (wrong, 0.0)):
        scores = [[pixel_score(values, mask), pixel_score(normal, None)]]
        assert pixel_auc(scores, [[1, 0]]) == expected


@pytest.mark.parametrize(
    ("values", "mask", "covered", "message"),
    [
        ([[1, np.nan]], None, 0.4, r"nan at row 0, column 1 \(1 such"),
        ([[1], [np.inf]], [[True]], 0.4, "inf at row 1, column 0"),
        ([1, 2], None, 0.4, r"shape \(2,\)"),
        (np.empty((0, 3)), None, 0.4, r"shape \(0, 3\)"),
        ([[1]], [True], 0.4, "The mask is of shape"),
        ([[1]], [[True]], 0.0, "above 0, at most 1"),
        ([[1]], [[True]], 1.5, "above 0, at most 1"),
    ],
)
def test_bad_frames_are_refused(values: object, mask: object, covered: float, message: str) -> None:
    given_mask = None if mask is None else np.array(mask)
    with pytest.raises(InputError, match=message):
        pixel_score(np.array(values, np.float32), given_mask, covered)


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="0 of 2 frames are abnormal"):
        pixel_auc([[0.1, 0.2]], [[0, 0]])
