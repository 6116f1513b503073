"""Painting, the filters over time, and what a box holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.maps import (
    TimeFilter,
    blurred,
    highest,
    mean_filter,
    painted,
    smoother,
)
from awry.scoring.smoothing import smooth

BOXES = np.array([[2, 2, 6, 6], [4, 4, 10, 10]], np.float32)


def run(time_filter: TimeFilter[int], series: np.ndarray) -> np.ndarray:
    found = []
    for place, value in enumerate(series):
        ready = time_filter.push(place, {"x": np.array([value], np.float64)})
        assert len(ready) <= 1
        found += ready
    found += time_filter.flush()
    assert [item for item, _ in found] == list(range(len(series)))
    return np.array([values["x"][0] for _, values in found])


def test_where_boxes_overlap_the_higher_score_is_seen() -> None:
    for order in ([0, 1], [1, 0]):
        found = painted(BOXES[order], np.array([3.0, 5.0])[order], (12, 12))
        assert found[5, 5] == 5
        assert found[3, 3] == 3
        assert found[0, 0] == 0
        assert found[9, 9] == 5


def test_scores_below_the_lowest_normal_one_are_nothing() -> None:
    assert painted(BOXES[:1], np.array([-2.0]), (12, 12)).max() == 0
    assert painted(BOXES[:0], np.empty(0), (12, 12)).shape == (12, 12)


def test_the_highest_value_in_each_box() -> None:
    canvas = painted(BOXES, np.array([3.0, 5.0]), (12, 12))
    assert list(highest(canvas, BOXES)) == [5.0, 5.0]
    assert list(highest(canvas, np.array([[0, 0, 3, 3]], np.float32))) == [3.0]


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


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.sampled_from([1, 3, 9]))
def test_the_mean_filter_over_time(series: list[float], frames: int) -> None:
    values = np.array(series)
    found = run(mean_filter(SSMTLConfig(filter_frames=frames)), values)
    padded = np.pad(values, frames // 2, mode="edge")
    expected = np.convolve(padded, np.ones(frames) / frames, "valid")
    np.testing.assert_allclose(found, expected, atol=1e-5)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_the_causal_filter_sees_the_past_alone(series: list[float]) -> None:
    values = np.array(series)
    config = SSMTLConfig(filter_frames=4, filter_causal=True)
    assert mean_filter(config).lookahead == 0
    found = run(mean_filter(config), values)
    expected = np.convolve(np.pad(values, (3, 0), mode="edge"), np.ones(4) / 4, "valid")
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=60), st.sampled_from([0.5, 2.0, 8.0]))
def test_smoothing_while_streaming_equals_smoothing_whole_clips(
    series: list[float], sigma: float
) -> None:
    values = np.array(series)
    for kind, name in (("gaussian", "gaussian"), ("causal", "causal")):
        config = SSMTLConfig(smoothing=kind, smoothing_sigma=sigma)
        expected = smooth(values, name, sigma=sigma)
        np.testing.assert_allclose(run(smoother(config), values), expected, atol=1e-3)


def test_a_filter_starts_anew_after_its_stream() -> None:
    one = mean_filter(SSMTLConfig(filter_frames=3))
    first = run(one, np.array([1.0, 5.0, 9.0]))
    np.testing.assert_array_equal(first, run(one, np.array([1.0, 5.0, 9.0])))
