"""Filters while streaming equal filters of whole clips."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.scoring.smoothing import smooth
from awry.scoring.streaming import (
    THINGS,
    Smoothing,
    ThingFilter,
    TimeFilter,
    gaussian_filter,
    mean_filter,
    no_filter,
    savgol_filter,
    smoother,
)


def run(time_filter: TimeFilter[int], series: np.ndarray) -> np.ndarray:
    found = []
    for place, value in enumerate(series):
        ready = time_filter.push(place, {"x": np.array([value], np.float64)})
        assert len(ready) <= 1
        found += ready
    found += time_filter.flush()
    assert [item for item, _ in found] == list(range(len(series)))
    return np.array([values["x"][0] for _, values in found])


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.sampled_from([1, 3, 9]))
def test_the_mean_filter_over_time(series: list[float], frames: int) -> None:
    values = np.array(series)
    found = run(mean_filter(frames), values)
    padded = np.pad(values, frames // 2, mode="edge")
    expected = np.convolve(padded, np.ones(frames) / frames, "valid")
    np.testing.assert_allclose(found, expected, atol=1e-5)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_the_causal_filter_sees_the_past_alone(series: list[float]) -> None:
    values = np.array(series)
    assert mean_filter(4, causal=True).lookahead == 0
    found = run(mean_filter(4, causal=True), values)
    expected = np.convolve(np.pad(values, (3, 0), mode="edge"), np.ones(4) / 4, "valid")
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=60), st.sampled_from([0.5, 2.0, 8.0]))
def test_smoothing_while_streaming_equals_smoothing_whole_clips(
    series: list[float], sigma: float
) -> None:
    values = np.array(series)
    kinds: tuple[Smoothing, ...] = ("none", "gaussian", "causal")
    for kind in kinds:
        options = {} if kind == "none" else {"sigma": sigma}
        expected = smooth(values, kind, **options)
        np.testing.assert_allclose(run(smoother(kind, sigma), values), expected, atol=1e-3)


def test_a_filter_says_what_it_does() -> None:
    assert no_filter().words() == mean_filter(1).words() == "none"
    assert mean_filter(5).words() == "mean over 5 frames, 2 of them later"
    assert (
        mean_filter(4, causal=True).words(8.0) == "mean over 4 frames (0.5 s), none of them later"
    )
    assert gaussian_filter(8).words() == "Gaussian of sigma 8 over 65 frames, 32 of them later"
    causal = gaussian_filter(2.5, causal=True).words(10.0)
    assert causal == "half-Gaussian of sigma 2.5 over 11 frames (1.1 s), none of them later"
    polynomial = savgol_filter(31, 3).words(25.0)
    assert polynomial == "Savitzky-Golay of order 3 over 31 frames (1.24 s), 15 of them later"


def test_a_filter_starts_anew_after_its_stream() -> None:
    one = mean_filter(3)
    first = run(one, np.array([1.0, 5.0, 9.0]))
    np.testing.assert_array_equal(first, run(one, np.array([1.0, 5.0, 9.0])))


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40))
def test_savitzky_golay_while_streaming(series: list[float]) -> None:
    values = np.array(series)
    one: TimeFilter[int] = savgol_filter(7, 2)
    assert one.lookahead == 3
    padded = np.pad(values, 3, mode="edge")
    expected = [
        np.polyval(np.polyfit(range(7), padded[k : k + 7], 2), 3) for k in range(len(values))
    ]
    np.testing.assert_allclose(run(one, values), expected, atol=1e-3)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40))
def test_savitzky_golay_of_the_past_alone(series: list[float]) -> None:
    values = np.array(series)
    one: TimeFilter[int] = savgol_filter(7, 2, causal=True)
    assert one.lookahead == 0
    padded = np.pad(values, (6, 0), mode="edge")
    expected = [
        np.polyval(np.polyfit(range(7), padded[k : k + 7], 2), 6) for k in range(len(values))
    ]
    np.testing.assert_allclose(run(one, values), expected, atol=1e-3)


def test_each_thing_is_joined_with_itself_wherever_it_was_seen() -> None:
    frames = [([1], [3.0]), ([1, 2], [6.0, 20.0]), ([2], [10.0]), ([], []), ([2, 1], [60.0, 0.0])]
    joining: ThingFilter[int] = ThingFilter(3)
    assert joining.lookahead == 1
    found = []
    for number, (things, values) in enumerate(frames):
        rows = {"x": np.array(values, np.float32).reshape(-1, 1)}
        found += joining.push(number, {THINGS: np.array(things, np.float32), **rows})
    found += joining.flush()
    assert [item for item, _ in found] == [0, 1, 2, 3, 4]
    joined = [dict(zip(v[THINGS].tolist(), v["x"][:, 0].tolist(), strict=True)) for _, v in found]
    # The first and the last frame stand for those before and after the stream.
    assert joined == [{1: 4.0}, {1: 4.5, 2: 15.0}, {2: 15.0}, {}, {2: 60.0, 1: 0.0}]


def test_things_are_joined_with_their_past_alone() -> None:
    joining: ThingFilter[int] = ThingFilter(2, causal=True)
    assert joining.lookahead == 0
    rows = [np.array([[value]], np.float32) for value in (2.0, 4.0)]
    found = [joining.push(0, {THINGS: np.ones(1, np.float32), "x": row})[0][1] for row in rows]
    assert [float(one["x"][0, 0]) for one in found] == [2.0, 3.0]
