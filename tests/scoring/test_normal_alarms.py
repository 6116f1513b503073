from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.scoring.events import EventOptions, find_runs
from awry.scoring.normal_alarms import NormalAlarms, alarm_curve, lowest_threshold, observe_alarms
from support import exponential_scores


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 999),
    hysteresis=st.sampled_from([0.0, 0.1, 1.0]),
    merge_gap=st.integers(0, 6),
    min_length=st.integers(1, 4),
)
def test_the_curve_has_the_lowest_threshold_for_each_number_of_alarms(
    seed: int, hysteresis: float, merge_gap: int, min_length: int
) -> None:
    options = EventOptions(hysteresis, merge_gap, min_length)
    scores = [exponential_scores(length, seed + length).round(1) for length in (300, 40, 500, 1)]
    normal = float(np.concatenate(scores).mean())
    curve = alarm_curve(scores, options, normal)
    levels = np.unique(np.concatenate(scores))[::-1]

    def alarms(level: float) -> int:
        return sum(len(find_runs(series, level, options, normal)) for series in scores)

    assert curve[0][1] == 0
    for threshold, count in curve:
        assert max(alarms(level) for level in levels if level >= threshold) == count
        below = levels[levels < threshold]
        assert threshold == curve[-1][0] or alarms(below[0]) > count
    assert (np.concatenate(scores) > curve[-1][0]).mean() <= 0.05
    assert lowest_threshold(curve, 1e9) == curve[-1][0]
    assert lowest_threshold(curve, 0.5) == curve[0][0]


def test_unscored_stretches_say_nothing() -> None:
    scores = exponential_scores(3000, seed=4) + 10.0
    with_gaps = [np.full(50, np.nan), scores[:1000], np.full(9, np.nan), scores[1000:]]
    plain = observe_alarms([scores[:1000], scores[1000:]], EventOptions())
    assert observe_alarms(with_gaps, EventOptions()) == plain


def test_json_round_trip() -> None:
    for length in (50, 3000):
        found = observe_alarms([exponential_scores(length, seed=4)], EventOptions())
        assert (found.tail is None) == (length == 50)
        assert NormalAlarms.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("curve",), []),
        (("curve",), [[2.0, 1]]),
        (("curve",), [[2.0, 0], [3.0, 1]]),
        (("curve",), [[2.0, 0], [1.0, 0]]),
        (("step",), None),
        (("step",), 0.0),
        (("tail", "level"), float("inf")),
        (("tail", "level"), 1e9),
        (("tail", "peaks"), [9.0] * 8),
        (("tail", "peaks"), [9.0, 8.0, 7.0]),
        (("tail", "peaks"), list(range(10, 30))),
        (("tail",), {}),
    ],
)
def test_what_is_out_of_order_is_refused(path: tuple[str, ...], value: Any) -> None:
    values = observe_alarms([exponential_scores(3000, seed=4)], EventOptions()).to_json()
    place = values
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises((KeyError, TypeError, ValueError)):
        NormalAlarms.from_json(values)


def test_bundles_from_before_keep_a_threshold_above_the_highest_score() -> None:
    values = observe_alarms([exponential_scores(50, seed=4)], EventOptions()).to_json()
    del values["step"]
    with pytest.raises(KeyError):
        NormalAlarms.from_json(values)
    top = values["curve"][0][0]
    older = NormalAlarms.from_json(values | {"beyond": top + 0.5})
    assert older.step == pytest.approx(0.5)
    assert older.guess(1.0) == top < older.guess(0.5) < older.guess(0.01)


@pytest.mark.parametrize("seed", range(4))
def test_the_step_of_exponential_frames_is_their_scale(seed: int) -> None:
    scores = 3.0 * np.random.default_rng(seed).exponential(size=20_000)
    found = observe_alarms([scores], EventOptions(0.0, 0, 1))
    assert found.step == pytest.approx(3.0, rel=0.1)
    assert found.guess(0.1) - found.guess(1.0) == pytest.approx(found.step * np.log(10))


def test_a_guess_is_wide_and_wider_the_rarer_the_alarms() -> None:
    found = observe_alarms([np.linspace(0, 1, 255)], EventOptions())
    assert found.curve[-1][1] == 1
    widths = []
    for alarms in (1.0, 0.1, 0.001):
        low, high = found.guess_interval(alarms)
        assert low <= found.guess(alarms) <= high
        widths.append(high - low)
    assert sorted(widths) == widths
    # One moment knows its own scale to within a factor of ten or so.
    assert widths[-1] > 10 * (found.guess(0.001) - 1.0)
    assert observe_alarms([np.zeros(20)], EventOptions()).step > 0
