from __future__ import annotations

import json

import numpy as np
import pytest

from awry.evaluation.event_level import EVENT_FIGURES, event_level
from awry.evaluation.metrics.bootstrap import protocol_draws
from awry.evaluation.metrics.event import EventRule

ALARMS = [[(0, 4), (8, 9)], [(5, 6)], [], [(30, 39)]]
TRUTH = [[(2, 6)], [(0, 9), (20, 29)], [(3, 4)], []]
LENGTHS, FPS = [20, 40, 10, 50], [10.0, 25.0, 10.0, 5.0]


def test_figures_of_each_draw_are_those_of_its_clips() -> None:
    level = event_level(ALARMS, TRUTH, LENGTHS, FPS)
    draws = protocol_draws(4)
    assert draws is not None
    assert tuple(level.values) == EVENT_FIGURES
    for place, draw in enumerate(draws[:40]):
        chosen = ([given[clip] for clip in draw] for given in (ALARMS, TRUTH, LENGTHS, FPS))
        expected = event_level(*chosen).row  # type: ignore[arg-type]
        for name in EVENT_FIGURES:
            value = np.nan if expected[name] is None else expected[name]
            assert level.values[name][place] == pytest.approx(value, nan_ok=True), name
    low, high = level.intervals()["recall"] or (1, 0)
    assert low <= level.row["recall"] <= high


def test_an_unknown_frame_rate_leaves_the_other_figures() -> None:
    level = event_level([[(0, 1)], []], [[(0, 1)], []], [10, 10], [25.0, None])
    intervals = level.intervals()
    assert "false_alarms_per_hour" not in intervals
    assert intervals["false_alarms_per_1000_frames"] == [0, 0]
    assert intervals["delay_s"] == [0, 0]


def test_a_single_clip_has_no_interval() -> None:
    assert event_level([[(0, 1)]], [[(0, 1)]], [10], [25.0]).intervals() == {}


def test_the_row_is_ready_for_json_and_says_what_is_worst() -> None:
    always = event_level([[(0, 99)]], [[(40, 59)]], [100], [10.0]).row
    assert json.loads(json.dumps(always)) == always
    assert always["worst"] == "100 % of normal time in alarm"
    assert (always["range_recall"], always["range_precision"]) == (1, pytest.approx(0.2))
    assert always["nab"] < 0
    former = event_level([[(0, 99)]], [[(40, 59)]], [100], [10.0], rule=EventRule("touch")).row
    assert (former["rule"], former["recall"]) == ("touch", 1)
    # The former rule's figures look good; the headline does not.
    assert former["worst"] == "100 % of normal time in alarm"
