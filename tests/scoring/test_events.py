from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import ConfigError, InputError
from awry.frames import FrameScore, Region
from awry.scoring.events import EventFinder, EventOptions, find_events, find_runs

PLAIN = EventOptions(hysteresis=0.0, merge_gap=0, min_length=1)


def runs(text: str, options: EventOptions) -> list[tuple[int, int]]:
    """Digits are scores; the threshold is 5."""
    return find_runs(np.array([float(digit) for digit in text]), 5.0, options)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("0006600", PLAIN, [(3, 4)]),
        ("6000006", PLAIN, [(0, 0), (6, 6)]),
        ("0055500", PLAIN, []),
        ("0466340", EventOptions(0.4, 0, 1), [(1, 3)]),
        ("0440440", EventOptions(0.4, 0, 1), []),
        ("6006000", EventOptions(0.0, 2, 1), [(0, 3)]),
        ("6000600", EventOptions(0.0, 2, 1), [(0, 0), (4, 4)]),
        ("6006000", EventOptions(0.0, 2, 4), [(0, 3)]),
        ("6000000", EventOptions(0.0, 2, 2), []),
        ("", PLAIN, []),
    ],
)
def test_runs(text: str, options: EventOptions, expected: list[tuple[int, int]]) -> None:
    assert runs(text, options) == expected


def test_hysteresis_lowers_a_negative_threshold_too() -> None:
    scores = np.array([-9.0, -3.0, -5.5, -9.0])
    assert find_runs(scores, -5.0, EventOptions(0.2, 0, 1)) == [(1, 2)]


def test_nan_is_over_no_threshold() -> None:
    assert find_runs(np.array([np.nan, 9.0, np.nan]), 5.0, PLAIN) == [(1, 1)]


@settings(max_examples=80, deadline=None)
@given(
    scores=st.lists(st.integers(0, 9), max_size=40),
    gap=st.integers(0, 4),
    shortest=st.integers(1, 4),
    hysteresis=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_runs_keep_their_promises(
    scores: list[int], gap: int, shortest: int, hysteresis: float
) -> None:
    series = np.array(scores, np.float64)
    options = EventOptions(hysteresis, gap, shortest)
    found = find_runs(series, 5.0, options)
    for first, last in found:
        assert last - first + 1 >= shortest
        assert series[first : last + 1].max() > 5.0
        assert min(series[first], series[last]) > options.low(5.0)
    assert all(b[0] - a[1] - 1 > gap for a, b in pairwise(found))
    if shortest == 1:
        covered = {place for first, last in found for place in range(first, last + 1)}
        assert set(np.flatnonzero(series > 5.0)) <= covered


def test_events_carry_what_the_method_said_of_their_peak() -> None:
    region = Region((1, 2, 3, 4), 0.8)
    frame_scores = [
        FrameScore(0, 0.0, None),
        FrameScore(1, 0.1, 0.7, {"latent": 0.6}),
        FrameScore(2, 0.2, 0.8, {"latent": 0.9}, None, (region,)),
        FrameScore(3, 0.3, 0.1),
    ]
    # The filled frame 0 is higher after smoothing, but the method never looked at it.
    (event,) = find_events("a", frame_scores, np.array([0.9, 0.7, 0.8, 0.1]), 0.5, "so", PLAIN)
    assert (event.first, event.last, event.peak) == (0, 2, 2)
    assert (event.start_s, event.end_s) == (0.0, 0.2)
    assert event.score == 0.8
    assert event.parts == {"latent": 0.9}
    assert event.regions == (region,)
    assert (event.source, event.threshold, event.calibration) == ("a", 0.5, "so")


def test_frames_that_nobody_scored_are_no_event() -> None:
    assert find_events("a", [FrameScore(0, None, None)], np.array([9.0]), 5.0, "", PLAIN) == []


@pytest.mark.parametrize(
    ("fps", "frames"), [(10.0, (10, 3)), (25.0, (25, 8)), (30.0, (30, 9)), (1.0, (1, 1))]
)
def test_gaps_and_lengths_are_seconds(fps: float, frames: tuple[int, int]) -> None:
    options = EventOptions.at_rate(fps, hysteresis=0.0)
    assert (options.hysteresis, options.merge_gap, options.min_length) == (0.0, *frames)
    assert EventOptions.at_rate(fps, merge_gap=2).merge_gap == 2


def test_where_the_rate_is_unknown_ten_frames_a_second_are_assumed() -> None:
    assert EventOptions.at_rate(None) == EventOptions()


def test_slow_footage_merges_nothing_and_keeps_alarms_of_one_frame() -> None:
    assert EventOptions.at_rate(0.4) == EventOptions(merge_gap=0, min_length=1)


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="1 frame scores came with a series of 2"):
        find_events("a", [FrameScore(0, None, 1.0)], np.zeros(2), 0.5, "")
    with pytest.raises(ConfigError, match="hysteresis is 2"):
        EventOptions(hysteresis=2.0)
    with pytest.raises(ConfigError, match="min_length 0"):
        EventOptions(min_length=0)


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40),
    gap=st.integers(0, 4),
    shortest=st.integers(1, 4),
    hysteresis=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_a_streams_alarms_are_the_clips(
    values: list[tuple[int, bool]], gap: int, shortest: int, hysteresis: float
) -> None:
    """Alarms are the runs of `find_runs` with a scored frame; their peak is the first highest."""
    options = EventOptions(hysteresis, gap, shortest)
    scores = [
        FrameScore(2 * place, place / 10, float(value) if scored else None)
        for place, (value, scored) in enumerate(values)
    ]
    series = np.array([value for value, _ in values], np.float64)
    expected = []
    for first, last in find_runs(series, 5.0, options):
        inside = [place for place in range(first, last + 1) if values[place][1]]
        if inside:
            peak = max(inside, key=lambda place: (values[place][0], -place))
            expected.append((2 * first, 2 * last, 2 * peak, series[peak], first / 10, last / 10))
    finder, found, given_after = EventFinder("a", 5.0, "", options), [], []
    for place, (score, value) in enumerate(zip(scores, series, strict=True)):
        for event in finder.push(score, float(value)):
            found.append(event)
            given_after.append(place)
        current = finder.current
        assert current is None or current.last - current.first >= 2 * (shortest - 1)
    found += finder.flush()
    facts = [(e.first, e.last, e.peak, e.score, e.start_s, e.end_s) for e in found]
    assert facts == expected
    if not hysteresis:  # a run below the threshold may hold an alarm open with hysteresis
        ends = zip(found, given_after, strict=False)
        assert all(place == event.last // 2 + gap + 1 for event, place in ends)


def test_an_alarm_is_known_before_it_is_over() -> None:
    finder = EventFinder("a", 5.0, "so", EventOptions(0.0, 2, 3))
    known = []
    for index, value in enumerate([0.0, 6.0, 7.0, 6.0, 0.0, 0.0]):
        assert finder.push(FrameScore(index, None, value), value) == []
        known.append(finder.current)
    assert known[:3] == [None, None, None]
    assert known[3] is not None
    assert (known[3].first, known[3].last, known[3].peak) == (1, 3, 2)
    (event,) = finder.push(FrameScore(6, None, 0.0), 0.0)
    assert event == known[3]
    assert finder.current is None


def test_events_name_frames_as_filmed_where_some_are_missing() -> None:
    scores = [FrameScore(index, None, value) for index, value in ((3, 0.1), (7, 0.9), (8, 0.8))]
    (event,) = find_events("a", scores, np.array([0.1, 0.9, 0.8]), 0.5, "", PLAIN)
    assert (event.first, event.last, event.peak) == (7, 8, 7)
