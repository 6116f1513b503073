from __future__ import annotations

import json
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import InputError
from awry.evaluation.event import RATES, RaisedAlarm, TrueEvent, event_figures, true_runs

Run = tuple[int, int]
LENGTH = 30


def test_true_runs_are_inclusive() -> None:
    assert true_runs(np.array([1, 1, 0, 1], np.uint8)) == [(0, 1), (3, 3)]
    assert true_runs(np.zeros(3, np.uint8)) == true_runs(None) == []


def test_figures_by_hand() -> None:
    figures = event_figures(
        # In the first clip: begins before the event; two in one event; false. Second: false.
        alarms=[[(5, 12), (24, 25), (28, 35), (60, 69)], [(0, 4)]],
        truth=[[(10, 19), (20, 29), (40, 49)], []],
        lengths=[100, 930],
        fps=[10.0, 25.0],
    )
    assert figures.precision == 3 / 5
    assert figures.recall == 2 / 3
    assert figures.f1 == pytest.approx(2 / (5 / 3 + 3 / 2))
    assert figures.delay_frames == (0 + 4) / 2
    assert figures.delay_s == pytest.approx((0 + 0.4) / 2)
    assert figures.false_alarms == 2
    # Normal: 70 frames at 10 and 930 at 25 frames per second.
    assert figures.n_normal_frames == 1000
    assert figures.false_alarms_per_hour == pytest.approx(2 * 3600 / (7 + 37.2))
    assert figures.false_alarms_per_1000_frames == 2
    assert (figures.n_alarms, figures.n_events, figures.n_found) == (5, 3, 2)
    assert figures.events == [
        TrueEvent(0, 10, 19, True, 0),
        TrueEvent(0, 20, 29, True, 4),
        TrueEvent(0, 40, 49, False, None),
    ]
    assert [alarm.true for alarm in figures.alarms] == [True, True, True, False, False]
    assert figures.alarms[-1] == RaisedAlarm(1, 0, 4, False)


def test_one_alarm_over_two_overlapping_tracks_finds_both() -> None:
    figures = event_figures([[(6, 7)]], [[(0, 9), (5, 20)]], [30], [None])
    assert (figures.precision, figures.recall, figures.delay_frames) == (1, 1, (6 + 1) / 2)
    # Frames of both tracks are abnormal once.
    assert figures.n_normal_frames == 9


def test_ends_are_inclusive() -> None:
    touching = event_figures([[(0, 3), (9, 9)]], [[(3, 9)]], [10], [5.0])
    assert (touching.precision, touching.false_alarms) == (1, 0)
    beside = event_figures([[(0, 2), (10, 10)]], [[(3, 9)]], [11], [5.0])
    assert (beside.precision, beside.recall, beside.false_alarms) == (0, 0, 2)


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
    figures = event_figures([alarms], [truth], [10], [25.0])
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


def figures_of(found: list[tuple[list[Run], list[Run]]]) -> Any:
    alarms, truth = zip(*found, strict=True)
    return event_figures(alarms, truth, [LENGTH] * len(found), [25.0] * len(found))


@settings(max_examples=80, deadline=None)
@given(found=clips)
def test_figures_are_those_of_sets_of_frames(found: list[tuple[list[Run], list[Run]]]) -> None:
    true, hits, delays = 0, 0, []
    for alarms, truth in found:
        sets = [set(range(first, last + 1)) for first, last in alarms]
        events = [set(range(first, last + 1)) for first, last in truth]
        true += sum(any(one & event for event in events) for one in sets)
        for event in events:
            inside = event & set(chain(*sets))
            hits += bool(inside)
            delays += [min(inside) - min(event)] if inside else []
    figures = figures_of(found)
    n_alarms = sum(len(alarms) for alarms, _ in found)
    assert figures.false_alarms == n_alarms - true
    assert figures.precision == (true / n_alarms if n_alarms else None)
    assert figures.n_found == hits
    assert figures.delay_frames == (pytest.approx(np.mean(delays)) if delays else None)
    assert [event.delay_frames for event in figures.events if event.found] == delays


@settings(max_examples=50, deadline=None)
@given(labels=st.lists(st.booleans(), min_size=1, max_size=40))
def test_perfect_alarms_are_perfect(labels: list[bool]) -> None:
    marks = np.array(labels, np.uint8)
    truth = true_runs(marks)
    figures = event_figures([truth], [truth], [len(marks)], [25.0], [marks])
    perfect = 1.0 if truth else None
    assert figures.precision == figures.recall == figures.f1 == perfect
    assert figures.delay_frames == (0 if truth else None)
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


def test_split_alarms_are_not_merged() -> None:
    figures = event_figures([[(0, 1), (2, 3), (20, 21), (22, 23)]], [[(0, 3)]], [30], [25.0])
    assert (figures.n_alarms, figures.precision, figures.recall) == (4, 0.5, 1)


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


def test_an_endless_alarm_shows_in_the_normal_frames_it_covers() -> None:
    figures = event_figures([[(0, 99)]], [[(40, 59)]], [100], [10.0])
    assert (figures.precision, figures.recall, figures.false_alarms) == (1, 1, 0)
    assert figures.normal_share_in_alarm == 1
    assert event_figures([[(40, 59)]], [[(40, 59)]], [100], [10.0]).normal_share_in_alarm == 0
