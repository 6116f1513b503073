"""Which alarm detects which true event, and how much of an alarm lies in true events.

Runs are int64 (k, 2) arrays of `(first, last)` frames, 0-based, both inclusive.
"""

from __future__ import annotations

import heapq
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RunArray = NDArray[np.int64]
Outcome = Literal[
    "found", "no_alarm", "already_on", "counted_elsewhere", "never_off", "cannot_be_told"
]


def joined(runs: RunArray) -> RunArray:
    """Runs in time order, those that overlap or follow without a frame between made one.

    >>> joined(np.array([[7, 9], [0, 3], [4, 5]])).tolist()
    [[0, 5], [7, 9]]
    """
    if not len(runs):
        return runs
    ordered = runs[np.argsort(runs[:, 0], kind="stable")]
    ends = np.maximum.accumulate(ordered[:, 1])
    apart = np.concatenate([[True], ordered[1:, 0] > ends[:-1] + 1])
    last_of_each = np.concatenate([np.flatnonzero(apart)[1:] - 1, [len(ordered) - 1]])
    return np.stack([ordered[apart, 0], ends[last_of_each]], axis=1)


def marked(runs: RunArray, length: int, around: int = 0) -> NDArray[np.bool_]:
    """bool (length,): the frames of the runs, and so many on each side of them."""
    steps = np.zeros(length + 1, np.int64)
    np.add.at(steps, np.maximum(runs[:, 0] - around, 0), 1)
    np.add.at(steps, np.minimum(runs[:, 1] + around + 1, length), -1)
    return np.cumsum(steps)[:-1] > 0


def shares_inside(alarms: RunArray, near: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of each alarm's frames that are marked in `near`, float64 (k,)."""
    before = np.concatenate([[0], np.cumsum(near)])
    inside = before[alarms[:, 1] + 1] - before[alarms[:, 0]]
    return np.asarray(inside / (alarms[:, 1] - alarms[:, 0] + 1), np.float64)


def touching(alarms: RunArray, truth: RunArray) -> tuple[NDArray[np.bool_], list[int | None]]:
    """The rule `touch`: whether each alarm shares a frame with an event, and the events' delays.

    Returns:
        bool (k,), and for each event the frames from its first to the first alarmed one inside
        it, 0 if the alarm began before; None where no alarm touches it.
    """
    firsts, lasts = np.sort(truth[:, 0]), np.sort(truth[:, 1])
    # An event that does not touch an alarm begins behind its end or ends before its begin.
    begun = np.searchsorted(firsts, alarms[:, 1], "right")
    right = np.asarray(begun > np.searchsorted(lasts, alarms[:, 0]), bool)
    begins, ends = np.sort(alarms[:, 0]), np.sort(alarms[:, 1])
    delays: list[int | None] = []
    for first, last in truth.tolist():
        following = int(np.searchsorted(begins, first, "right"))
        if following > np.searchsorted(ends, first):  # one is on at its first frame
            delays.append(0)
        elif following < len(begins) and begins[following] <= last:
            delays.append(int(begins[following]) - first)
        else:
            delays.append(None)
    return right, delays


def begun_in(
    alarms: RunArray, truth: RunArray, tolerance: int, length: int
) -> list[tuple[Outcome, int | None]]:
    """The rule `begin`: an alarm detects an event if it begins in it, or shortly before.

    Each alarm detects one event at most: of those in which it begins and that no earlier alarm
    has detected, the one that ends first. An alarm that is on from a clip's first frame to its
    last detects nothing, since nobody can tell it from one that is always on; where the whole
    clip lies in events, nobody can tell it from a right one either.

    Args:
        alarms: as `joined` gives them.
        truth: the events; they may overlap.
        tolerance: frames before an event's first in which an alarm may begin.
        length: frames of the clip.

    Returns:
        For each event what came of it, and where it was found the frames from its first to the
        alarm's first, 0 if that is earlier.
    """
    if len(alarms) == 1 and alarms[0].tolist() == [0, length - 1]:
        whole = bool(marked(truth, length, tolerance).all())
        return [("cannot_be_told" if whole else "never_off", None)] * len(truth)
    delays = _assigned(alarms, truth, tolerance)
    outcomes: list[tuple[Outcome, int | None]] = []
    for number, (first, last) in enumerate(truth.tolist()):
        if number in delays:
            outcomes.append(("found", delays[number]))
            continue
        begun = np.searchsorted(alarms[:, 0], [first - tolerance, last + 1])
        ended = np.searchsorted(alarms[:, 1], first)
        if begun[1] > begun[0]:
            outcomes.append(("counted_elsewhere", None))
        elif ended < len(alarms) and alarms[ended, 0] <= last:
            outcomes.append(("already_on", None))
        else:
            outcomes.append(("no_alarm", None))
    return outcomes


def _assigned(alarms: RunArray, truth: RunArray, tolerance: int) -> dict[int, int]:
    """Number of each detected event -> its delay in frames."""
    order = np.argsort(truth[:, 0], kind="stable").tolist()
    events = truth.tolist()
    open_events: list[tuple[int, int, int]] = []
    delays: dict[int, int] = {}
    following = 0
    for begin in alarms[:, 0].tolist():
        while following < len(order) and events[order[following]][0] - tolerance <= begin:
            number = order[following]
            heapq.heappush(open_events, (events[number][1], events[number][0], number))
            following += 1
        while open_events and open_events[0][0] < begin:
            heapq.heappop(open_events)
        if open_events:
            _, first, number = heapq.heappop(open_events)
            delays[number] = max(begin - first, 0)
    return delays
