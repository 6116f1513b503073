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
        (("beyond",), None),
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
