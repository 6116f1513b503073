from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.frames import FrameScore
from awry.scoring.alarms import (
    Alarm,
    Alarms,
    SourceScores,
    compare_alarms,
    find_alarms,
    threshold_steps,
)
from awry.scoring.events import EventOptions, find_events

PLAIN = EventOptions(hysteresis=0.0, merge_gap=0, min_length=1)


def source(name: str, scores: list[float], fps: float | None = 10.0, first: int = 0):
    series = np.array(scores, np.float64)
    frames = np.arange(first, first + len(series))
    times = None if fps is None else frames / fps
    return SourceScores(name, frames, series, np.ones(len(series), bool), times)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), threshold=st.floats(0, 3), unscored=st.integers(0, 20))
def test_alarms_are_those_that_scoring_gives(seed: int, threshold: float, unscored: int) -> None:
    rng = np.random.default_rng(seed)
    series = np.abs(np.cumsum(rng.normal(size=120))) * 0.3
    scored = np.arange(120) >= unscored
    times = np.arange(120) / 25
    values = [float(value) if own else None for value, own in zip(series, scored, strict=True)]
    own = [FrameScore(3 * k, float(times[k]), value) for k, value in enumerate(values)]
    given_ = SourceScores("a", 3 * np.arange(120), series, scored, times)
    options, normal = EventOptions(), 0.2
    expected = find_events("a", own, series, threshold, "", options, normal)
    found = find_alarms([given_], threshold, options, normal)
    names = ("source", "first", "last", "start_s", "end_s", "peak", "score")
    assert [[getattr(a, n) for n in names] for a in found.alarms] == [
        [getattr(e, n) for n in names] for e in expected
    ]


def test_time_in_alarm_and_alarms_an_hour() -> None:
    found = find_alarms([source("a", [0, 2, 2, 0, 0]), source("b", [3, 0, 0, 0, 0])], 1, PLAIN)
    assert (found.frames, found.alarm_frames, found.share) == (10, 3, 0.3)
    assert (found.seconds, found.alarm_seconds) == pytest.approx((1.0, 0.3))
    assert found.per_hour == pytest.approx(7200)
    unknown = find_alarms([source("a", [0, 2, 2, 0, 0]), source("b", [3.0], None)], 1, PLAIN)
    assert (unknown.seconds, unknown.alarm_seconds, unknown.per_hour) == (None, None, None)
    assert find_alarms([], 1.0).share == 0


def test_what_appears_and_what_vanishes() -> None:
    one, two = source("a", [0, 5, 3, 0, 0, 3, 0, 0, 9]), source("b", [4, 0])
    low, high = (find_alarms([one, two], level, PLAIN) for level in (2, 4))
    change = compare_alarms(high, low)
    assert [(a.source, a.first, a.last) for a in change.appeared] == [("a", 5, 5), ("b", 0, 0)]
    assert change.vanished == ()
    back = compare_alarms(low, high)
    assert (back.appeared, back.vanished) == ((), change.appeared)


RUNS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(0, 6)), max_size=8)


@given(ours=RUNS, others=RUNS)
def test_what_appears_shares_no_frame_with_any(ours: list, others: list) -> None:
    def alarms(runs: list) -> Alarms:
        made = tuple(Alarm(s, f, f + n, None, None, f, 1.0) for s, f, n in runs)
        return Alarms(0.0, made, 99, None, 0, None)

    change = compare_alarms(alarms(others), alarms(ours))
    frames = {(s, k) for s, f, n in others for k in range(f, f + n + 1)}
    expected = [(s, f, n) for s, f, n in ours if not {(s, k) for k in range(f, f + n + 1)} & frames]
    assert [(a.source, a.first, a.last - a.first) for a in change.appeared] == expected


def test_steps_are_the_lowest_thresholds_for_so_many_alarms() -> None:
    scores = np.random.default_rng(0).uniform(0, 0.1, 1000)
    scores[100:1000:100] = np.arange(10, 19)
    steps = threshold_steps([source("a", scores.tolist())], PLAIN)
    assert [step.threshold for step in steps[:3]] == [18, 17, 16]
    counts = [len(step.alarms) for step in steps]
    assert counts[:4] == [0, 1, 2, 5]
    assert counts == sorted(set(counts))
    assert steps[-1].share <= 0.05
    assert threshold_steps([]) == []
