from __future__ import annotations

import json
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.event import (
    RATES,
    EventFigures,
    EventRule,
    RaisedAlarm,
    TrueEvent,
    event_figures,
    true_runs,
)

Run = tuple[int, int]
LENGTH = 30
TOUCH = EventRule("touch")


def test_true_runs_are_inclusive() -> None:
    assert true_runs(np.array([1, 1, 0, 1], np.uint8)) == [(0, 1), (3, 3)]
    assert true_runs(np.zeros(3, np.uint8)) == true_runs(None) == []


def test_figures_by_hand() -> None:
    figures = event_figures(
        # First clip: half a second before its event; a second one in it; six seconds before its
        # event; false. Second clip: false.
        alarms=[[(45, 60), (64, 65), (140, 219), (300, 309)], [(0, 4)]],
        truth=[[(50, 69), (200, 229), (260, 269)], []],
        lengths=[400, 930],
        fps=[10.0, 25.0],
    )
    # Right: the first two. The third has 20 + 10 of 80 frames in its event or the second before.
    assert [alarm.true for alarm in figures.alarms] == [True, True, False, False, False]
    assert [alarm.share for alarm in figures.alarms] == [1, 1, 30 / 80, 0, 0]
    assert figures.precision == 2 / 5
    assert figures.precision_time == (11 + 2 + 20) / (16 + 2 + 80 + 10 + 5)
    assert figures.events == [
        TrueEvent(0, 50, 69, "found", 0),
        TrueEvent(0, 200, 229, "already_on", None),
        TrueEvent(0, 260, 269, "no_alarm", None),
    ]
    assert figures.recall == 1 / 3
    assert figures.f1 == pytest.approx(2 / (5 / 2 + 3))
    assert (figures.delay_frames, figures.delay_s) == (0, 0)
    assert figures.missed == {"already_on": 1, "no_alarm": 1}
    # Normal: 340 frames at 10 and 930 at 25 frames per second, 75 and 5 of them in alarm.
    assert figures.n_normal_frames == 1270
    assert figures.false_alarms == 3
    assert figures.false_alarms_per_hour == pytest.approx(3 * 3600 / (34 + 37.2))
    assert figures.false_alarms_per_1000_frames == pytest.approx(3000 / 1270)
    assert figures.normal_share_in_alarm == pytest.approx((5 + 60 + 10 + 5) / 1270)
    assert figures.false_alarm_minutes_per_hour == pytest.approx(60 * (7.5 + 0.2) / (34 + 37.2))
    assert (figures.n_alarms, figures.n_events, figures.n_found) == (5, 3, 1)


def test_the_former_rule_by_hand() -> None:
    figures = event_figures(
        # In the first clip: begins before the event; two in one event; false. Second: false.
        alarms=[[(5, 12), (24, 25), (28, 35), (60, 69)], [(0, 4)]],
        truth=[[(10, 19), (20, 29), (40, 49)], []],
        lengths=[100, 930],
        fps=[10.0, 25.0],
        rule=TOUCH,
    )
    assert figures.precision == 3 / 5
    assert figures.recall == 2 / 3
    assert figures.f1 == pytest.approx(2 / (5 / 3 + 3 / 2))
    assert figures.delay_frames == (0 + 4) / 2
    assert figures.delay_s == pytest.approx((0 + 0.4) / 2)
    assert figures.false_alarms == 2
    assert (figures.n_alarms, figures.n_events, figures.n_found) == (5, 3, 2)
    assert figures.events == [
        TrueEvent(0, 10, 19, "found", 0),
        TrueEvent(0, 20, 29, "found", 4),
        TrueEvent(0, 40, 49, "no_alarm", None),
    ]
    assert [alarm.true for alarm in figures.alarms] == [True, True, True, False, False]
    assert figures.alarms[-1] == RaisedAlarm(1, 0, 4, False, 0.0)


@pytest.mark.parametrize(
    ("alarms", "outcomes"),
    [
        # Two events, frames 20 to 29 and 40 to 49 of 100, a tolerance of 3 frames.
        ([], ["no_alarm", "no_alarm"]),
        ([(17, 19)], ["found", "no_alarm"]),
        ([(16, 60)], ["already_on", "already_on"]),
        ([(16, 19)], ["no_alarm", "no_alarm"]),
        ([(29, 45)], ["found", "already_on"]),
        ([(30, 36)], ["no_alarm", "no_alarm"]),
        ([(10, 25), (27, 60)], ["found", "already_on"]),  # off and on again
        ([(10, 25), (27, 43), (45, 46)], ["found", "found"]),
        ([(10, 24), (25, 60)], ["already_on", "already_on"]),  # never off between
        ([(10, 60), (20, 25), (40, 49)], ["already_on", "already_on"]),
        ([(0, 99)], ["never_off", "never_off"]),
        ([(0, 49), (50, 99)], ["never_off", "never_off"]),
        ([(0, 98)], ["already_on", "already_on"]),
    ],
)
def test_an_alarm_that_is_on_already_finds_nothing(alarms: list[Run], outcomes: list[str]) -> None:
    rule = EventRule(tolerance_s=0.3)
    figures = event_figures([alarms], [[(20, 29), (40, 49)]], [100], [10.0], rule=rule)
    assert [event.outcome for event in figures.events] == outcomes


def test_one_alarm_detects_one_event() -> None:
    # Both tracks are there when it begins; the one that ends first is found.
    figures = event_figures([[(6, 7)]], [[(0, 20), (5, 9)]], [30], [None])
    assert [event.outcome for event in figures.events] == ["counted_elsewhere", "found"]
    assert (figures.precision, figures.recall, figures.delay_frames) == (1, 0.5, 1)
    # Frames of both tracks are abnormal once.
    assert figures.n_normal_frames == 9
    two = event_figures([[(6, 7), (9, 9)]], [[(0, 20), (5, 9)]], [30], [None])
    assert two.recall == 1
    # The begin of an alarm may be near two events; it counts for the one under way.
    near = event_figures([[(9, 40)]], [[(0, 9), (11, 20)]], [60], [10.0])
    assert [event.outcome for event in near.events] == ["found", "counted_elsewhere"]
    touched = event_figures([[(6, 7)]], [[(0, 9), (5, 20)]], [30], [None], rule=TOUCH)
    assert (touched.recall, touched.delay_frames) == (1, (6 + 1) / 2)


def test_ends_are_inclusive() -> None:
    rule = EventRule(tolerance_s=0)
    for chosen in (rule, TOUCH):
        within = event_figures([[(3, 3), (9, 9)]], [[(3, 9)]], [11], [5.0], rule=chosen)
        assert (within.precision, within.recall, within.false_alarms) == (1, 1, 0)
        beside = event_figures([[(0, 2), (10, 10)]], [[(3, 9)]], [11], [5.0], rule=chosen)
        assert (beside.precision, beside.recall, beside.false_alarms) == (0, 0, 2)


def test_the_tolerance_is_in_seconds() -> None:
    def found(begin: int, fps: float | None) -> bool:
        return event_figures([[(begin, 60)]], [[(50, 69)]], [100], [fps]).events[0].found

    assert (found(40, 10.0), found(39, 10.0)) == (True, False)
    assert (found(25, 25.0), found(24, 25.0)) == (True, False)
    assert (found(50, None), found(49, None)) == (True, False)
    with pytest.raises(ConfigError, match="tolerance around events is -1"):
        EventRule(tolerance_s=-1)
    with pytest.raises(ConfigError, match=r"Unknown event rule 'tuch': did you mean 'touch'"):
        EventRule.parse("tuch")


def test_labels_say_what_is_normal_footage() -> None:
    labels = np.ones(10, np.uint8)
    labels[:4] = 0
    figures = event_figures([[(0, 1)]], [[(8, 9)]], [10], [1.0], [labels])
    assert figures.n_normal_frames == 4
    assert figures.false_alarms_per_hour == 900


@pytest.mark.parametrize(
    ("alarms", "truth", "expected"),
    [
        ([], [], (None, None, None)),
        ([], [(0, 3)], (None, 0, 0)),
        ([(0, 3)], [], (0, None, None)),
        ([(0, 3)], [(5, 6)], (0, 0, 0)),
    ],
)
def test_what_does_not_exist_is_none(
    alarms: list[Run], truth: list[Run], expected: tuple[float | None, ...]
) -> None:
    figures = event_figures([alarms], [truth], [10], [1.0])
    assert (figures.precision, figures.recall, figures.f1) == expected
    assert figures.delay_frames is figures.delay_s is None


def test_footage_without_normal_frames_has_no_rate() -> None:
    figures = event_figures([[(1, 2)]], [[(0, 9)]], [10], [25.0])
    assert figures.false_alarms == 0
    assert figures.false_alarms_per_hour is figures.false_alarms_per_1000_frames is None
    nothing = event_figures([], [], [], [])
    assert (nothing.n_alarms, nothing.n_normal_frames, nothing.recall) == (0, 0, None)


def test_an_unknown_frame_rate_takes_the_figures_that_need_it() -> None:
    figures = event_figures([[(2, 2)], [(0, 0)]], [[(0, 4)], []], [10, 10], [25.0, None])
    assert (figures.delay_frames, figures.delay_s) == (2, 2 / 25)
    assert figures.false_alarms_per_hour is None
    assert figures.false_alarms_per_1000_frames == pytest.approx(1000 / 15)
    figures = event_figures([[(2, 2)], [(0, 0)]], [[(0, 9)], []], [10, 10], [None, 2.0])
    assert figures.delay_s is None
    assert figures.false_alarms_per_hour == 3600 / 5


def test_a_row_is_ready_for_json() -> None:
    row = event_figures([[(1, 2)]], [[(0, 4)]], [10], [25.0]).row()
    assert json.loads(json.dumps(row)) == row
    assert {*RATES, "false_alarms", "n_alarms", "n_events", "n_found"} < set(row)


runs = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1)).map(
        lambda ends: (min(ends), max(ends))
    ),
    max_size=6,
)
clips = st.lists(st.tuples(runs, runs), min_size=1, max_size=4)


def figures_of(
    found: list[tuple[list[Run], list[Run]]], rule: EventRule | None = None
) -> EventFigures:
    alarms, truth = zip(*found, strict=True)
    return event_figures(alarms, truth, [LENGTH] * len(found), [25.0] * len(found), rule=rule)


@settings(max_examples=80, deadline=None)
@given(found=clips)
def test_figures_of_the_former_rule_are_those_of_sets_of_frames(
    found: list[tuple[list[Run], list[Run]]],
) -> None:
    true, hits, delays = 0, 0, []
    for alarms, truth in found:
        sets = [set(range(first, last + 1)) for first, last in alarms]
        events = [set(range(first, last + 1)) for first, last in truth]
        true += sum(any(one & event for event in events) for one in sets)
        for event in events:
            inside = event & set(chain(*sets))
            hits += bool(inside)
            delays += [min(inside) - min(event)] if inside else []
    figures = figures_of(found, TOUCH)
    n_alarms = sum(len(alarms) for alarms, _ in found)
    assert figures.false_alarms == n_alarms - true
    assert figures.precision == (true / n_alarms if n_alarms else None)
    assert figures.n_found == hits
    assert figures.delay_frames == (pytest.approx(np.mean(delays)) if delays else None)
    assert [event.delay_frames for event in figures.events if event.found] == delays


@settings(max_examples=200, deadline=None)
@given(found=clips, tolerance=st.integers(0, 4))
def test_figures_are_those_of_a_walk_over_frames(
    found: list[tuple[list[Run], list[Run]]], tolerance: int
) -> None:
    """Brute force: frame by frame, and the largest number of events that alarms can detect."""
    right = n_alarms = n_found = told = on_abnormal = on_normal = normal = 0
    for alarms, truth in found:
        on = [any(a <= n <= b for a, b in alarms) for n in range(LENGTH)]
        abnormal = [any(a <= n <= b for a, b in truth) for n in range(LENGTH)]
        near = [any(a - tolerance <= n <= b + tolerance for a, b in truth) for n in range(LENGTH)]
        begins = [n for n in range(LENGTH) if on[n] and not (n and on[n - 1])]
        for begin in begins:
            end = next(n for n in range(begin, LENGTH + 1) if n == LENGTH or not on[n])
            right += sum(near[begin:end]) * 2 >= end - begin
        n_alarms += len(begins)
        on_abnormal += sum(a and b for a, b in zip(on, abnormal, strict=True))
        on_normal += sum(a and not b for a, b in zip(on, abnormal, strict=True))
        normal += LENGTH - sum(abnormal)
        if all(on):
            told += 0 if all(near) else len(truth)
            continue
        told += len(truth)
        wanted = [[a - tolerance <= n <= b for a, b in truth] for n in begins]
        graph = csr_matrix(np.array(wanted, bool).reshape(len(begins), len(truth)))
        n_found += int((maximum_bipartite_matching(graph) >= 0).sum())
    figures = figures_of(found, EventRule(tolerance_s=tolerance / 25))
    assert (figures.n_alarms, figures.n_told, figures.n_found) == (n_alarms, told, n_found)
    assert figures.precision == (right / n_alarms if n_alarms else None)
    on = on_abnormal + on_normal
    assert figures.precision_time == (on_abnormal / on if on else None)
    assert figures.normal_share_in_alarm == (on_normal / normal if normal else None)
    assert figures.false_alarm_minutes_per_hour == (
        pytest.approx(60 * on_normal / normal) if normal else None
    )
    for event in figures.events:
        assert (event.delay_frames is not None) == event.found


@settings(max_examples=50, deadline=None)
@given(truth=st.lists(runs, min_size=1, max_size=4), tolerance=st.integers(0, 40))
def test_an_alarm_that_covers_every_frame_finds_nothing(
    truth: list[list[Run]], tolerance: int
) -> None:
    always = [[(0, LENGTH - 1)]] * len(truth)
    lengths = [LENGTH] * len(truth)
    rule = EventRule(tolerance_s=tolerance / 25)
    figures = event_figures(always, truth, lengths, [25.0] * len(truth), rule=rule)
    assert figures.n_found == 0
    assert figures.recall in (0, None)
    assert figures.f1 in (0, None)
    prevalence = 1 - figures.n_normal_frames / sum(lengths)
    assert figures.precision_time == pytest.approx(prevalence)
    assert figures.normal_share_in_alarm in (1, None)
    assert figures.false_alarm_minutes_per_hour in (60, None)


@settings(max_examples=50, deadline=None)
@given(labels=st.lists(st.booleans(), min_size=1, max_size=40))
def test_perfect_alarms_are_perfect(labels: list[bool]) -> None:
    marks = np.array(labels, np.uint8)
    truth = true_runs(marks)
    rule = EventRule(tolerance_s=0)
    figures = event_figures([truth], [truth], [len(marks)], [25.0], [marks], rule=rule)
    assert figures.precision == figures.precision_time == (1.0 if truth else None)
    # A right alarm over a clip that is abnormal throughout is like one that is always on.
    told = truth and not all(labels)
    assert figures.recall == figures.f1 == (1.0 if told else None)
    assert figures.delay_frames == (0 if told else None)
    assert figures.false_alarms == 0
    assert figures.n_normal_frames == len(marks) - sum(labels)


@settings(max_examples=50, deadline=None)
@given(found=clips)
def test_a_false_alarm_lowers_precision_and_nothing_else(
    found: list[tuple[list[Run], list[Run]]],
) -> None:
    # A quiet normal clip, without and with one alarm in it.
    before, after = figures_of([*found, ([], [])]), figures_of([*found, ([(3, 5)], [])])
    if before.precision:
        assert after.precision < before.precision
    else:
        assert after.precision == 0
    assert after.false_alarms == before.false_alarms + 1
    for name in ("recall", "delay_frames", "delay_s", "n_found", "n_normal_frames", "events"):
        assert getattr(after, name) == getattr(before, name)


@settings(max_examples=50, deadline=None)
@given(found=clips)
def test_the_order_of_alarms_does_not_matter(found: list[tuple[list[Run], list[Run]]]) -> None:
    turned = [(alarms[::-1], truth) for alarms, truth in found]
    assert figures_of(turned).row() == figures_of(found).row()


def test_the_former_rule_counts_alarms_as_given() -> None:
    alarms = [[(0, 1), (2, 3), (20, 21), (22, 23)]]
    figures = event_figures(alarms, [[(0, 3)]], [30], [25.0], rule=TOUCH)
    assert (figures.n_alarms, figures.precision, figures.recall) == (4, 0.5, 1)
    joined = event_figures(alarms, [[(0, 3)]], [30], [2.0])
    assert (joined.n_alarms, joined.precision, joined.recall) == (2, 0.5, 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"alarms": [[], []]}, "alarms of 2 clips, true events of 1 clips"),
        ({"labels": []}, "labels of 0 clips"),
        ({"alarms": [[(3, 2)]]}, "Clip door: alarm from frame 3 to 2 ends before"),
        ({"alarms": [[(0, 10)]]}, "alarm from frame 0 to 10 leaves the clip; expected .* 0 to 9"),
        ({"truth": [[(-1, 2)]]}, "Clip door: true event from frame -1 to 2 leaves"),
        ({"truth": [[(0.5, 2)]]}, r"true events \[\(0.5, 2\)\]; expected pairs of whole"),
        ({"truth": [[(0, 1, 2)]]}, "expected pairs"),
        ({"fps": [0.0]}, "Clip door: 0.0 frames per second"),
        ({"fps": [float("nan")]}, "nan frames per second"),
        ({"labels": [[0] * 9]}, r"Clip door: labels of shape \(9,\)"),
        ({"labels": [[2] * 10]}, r"with values \[2\]"),
    ],
)
def test_bad_input_is_refused(changed: dict[str, Any], message: str) -> None:
    arguments = {"alarms": [[]], "truth": [[]], "lengths": [10], "fps": [25.0], **changed}
    with pytest.raises(InputError, match=message):
        event_figures(**arguments, names=["door"])


def test_an_endless_alarm_by_both_rules() -> None:
    former = event_figures([[(0, 99)]], [[(40, 59)]], [100], [10.0], rule=TOUCH)
    assert (former.precision, former.recall, former.f1, former.false_alarms) == (1, 1, 1, 0)
    figures = event_figures([[(0, 99)]], [[(40, 59)]], [100], [10.0])
    assert (figures.precision, figures.recall, figures.f1, figures.false_alarms) == (0, 0, 0, 1)
    assert (figures.precision_time, figures.delay_s) == (0.2, None)
    assert former.normal_share_in_alarm == figures.normal_share_in_alarm == 1
    right = event_figures([[(40, 59)]], [[(40, 59)]], [100], [10.0])
    assert (right.recall, right.normal_share_in_alarm) == (1, 0)
    # Where a whole clip is abnormal, such an alarm tells nothing either way.
    both = event_figures([[(0, 99)], [(0, 99)]], [[(40, 59)], [(0, 99)]], [100, 100], [10.0, 10.0])
    assert [event.outcome for event in both.events] == ["never_off", "cannot_be_told"]
    assert (both.n_events, both.n_told, both.recall) == (2, 1, 0)
    # It is missed where the alarm is silent.
    assert event_figures([[]], [[(0, 99)]], [100], [10.0]).recall == 0
