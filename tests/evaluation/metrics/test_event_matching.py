from __future__ import annotations

import numpy as np

from awry.evaluation.metrics.event_matching import (
    RunArray,
    begun_in,
    joined,
    marked,
    shares_inside,
    touching,
)


def runs(*pairs: tuple[int, int]) -> RunArray:
    return np.array(pairs, np.int64).reshape(-1, 2)


def test_runs_that_overlap_or_follow_at_once_become_one() -> None:
    assert joined(runs((7, 9), (0, 3), (4, 5), (2, 2))).tolist() == [[0, 5], [7, 9]]
    # A long run holds those that end before it does.
    assert joined(runs((0, 20), (2, 3), (5, 6), (22, 22))).tolist() == [[0, 20], [22, 22]]
    assert joined(runs()).tolist() == []


def test_marks_reach_beyond_runs_and_end_at_the_clip() -> None:
    assert np.flatnonzero(marked(runs((3, 4)), 8)).tolist() == [3, 4]
    assert np.flatnonzero(marked(runs((1, 2), (7, 7)), 8, 2)).tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert np.flatnonzero(marked(runs((1, 1)), 8, 1)).tolist() == [0, 1, 2]
    near = marked(runs((4, 5)), 10, 1)  # frames 3 to 6
    assert shares_inside(runs((0, 3), (3, 6), (8, 9)), near).tolist() == [0.25, 1, 0]


def test_touching_alarms_and_delays() -> None:
    truth = runs((10, 19), (30, 39), (50, 59))
    right, delays = touching(runs((5, 10), (20, 29), (33, 70)), truth)
    assert right.tolist() == [True, False, True]
    assert delays == [0, 3, 0]
    assert touching(runs((20, 25)), truth)[1] == [None, None, None]


def test_each_event_is_told_what_came_of_it() -> None:
    truth = runs((10, 19), (30, 39), (50, 59))
    outcomes = begun_in(runs((8, 12), (15, 35)), truth, 2, 100)
    assert outcomes == [("found", 0), ("already_on", None), ("no_alarm", None)]
    assert begun_in(runs((13, 14)), truth[:1], 2, 100) == [("found", 3)]
    assert begun_in(runs((7, 14)), truth[:1], 2, 100) == [("already_on", None)]
    # Of two that are under way, the alarm counts for the one that ends first.
    both = begun_in(runs((12, 13)), runs((0, 40), (10, 20)), 0, 100)
    assert both == [("counted_elsewhere", None), ("found", 2)]


def test_an_alarm_that_is_never_off_tells_nothing() -> None:
    assert begun_in(runs((0, 9)), runs((2, 4)), 0, 10) == [("never_off", None)]
    assert begun_in(runs((0, 9)), runs((2, 9)), 2, 10) == [("cannot_be_told", None)]
