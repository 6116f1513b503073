"""Event-level figures at a threshold, as pure functions: what an operator feels. PROTOCOL 3.

Runs of frames, alarms and true events alike, are `(first, last)`, 0-based, both inclusive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.errors import InputError

Run = tuple[int, int]
Runs = Sequence[Run]
RATES = (
    "precision",
    "recall",
    "f1",
    "delay_frames",
    "delay_s",
    "false_alarms_per_hour",
    "false_alarms_per_1000_frames",
    "normal_share_in_alarm",
)


@dataclass(frozen=True, slots=True)
class EventCounts:
    """What the figures are made of, each float64 (c,), one value for each clip (or draw).

    Attributes:
        alarms, true_alarms: all alarms, and those that touch a true event.
        events, found: all true events, and those that an alarm touches.
        delay_frames, delay_s: sums over the found events; seconds are NaN where an event was
            found and the frame rate is unknown.
        normal_frames, normal_s: normal footage; seconds are NaN where there is some and the
            frame rate is unknown.
        normal_in_alarm: normal frames that lie in an alarm, a true one included.
    """

    alarms: NDArray[np.float64]
    true_alarms: NDArray[np.float64]
    events: NDArray[np.float64]
    found: NDArray[np.float64]
    delay_frames: NDArray[np.float64]
    delay_s: NDArray[np.float64]
    normal_frames: NDArray[np.float64]
    normal_s: NDArray[np.float64]
    normal_in_alarm: NDArray[np.float64]

    def summed(self, weights: NDArray[np.float64]) -> EventCounts:
        """Counts of sets of clips: `weights` (r, c) says how often each set has each clip."""
        return EventCounts(*(weights @ getattr(self, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """A true event and whether it was found.

    Attributes:
        clip: position of its clip.
        first, last: its frames, both inclusive.
        found: an alarm touches it.
        delay_frames: from its first frame to the first alarmed one inside it, 0 if the alarm
            began before; None where it was missed.
    """

    clip: int
    first: int
    last: int
    found: bool
    delay_frames: int | None


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """An alarm and whether it was right.

    Attributes:
        clip: position of its clip.
        first, last: its frames, both inclusive.
        true: it touches a true event; a false alarm otherwise.
    """

    clip: int
    first: int
    last: int
    true: bool


@dataclass(frozen=True, slots=True)
class EventFigures:
    """Event-level figures of a data set; None where a figure does not exist.

    Attributes:
        precision: share of alarms that touch a true event, in [0, 1]; None without alarms.
        recall: share of true events that an alarm touches, in [0, 1]; None without events.
        f1: harmonic mean of the two; 0 where no event was found, None without events.
        delay_frames: mean detection delay over found events; None if none was found.
        delay_s: the same in seconds; None also where a found event's frame rate is unknown.
        false_alarms: alarms that touch no true event.
        false_alarms_per_hour: of normal footage; None without normal frames, or where the frame
            rate of some is unknown.
        false_alarms_per_1000_frames: of normal footage; None without normal frames.
        normal_share_in_alarm: share of normal frames that lie in an alarm, true or false, in
            [0, 1]; one endless alarm finds everything, is never false, and shows here alone.
        n_alarms, n_events, n_found, n_normal_frames: counts.
        events: every true event, clip by clip in the order given.
        alarms: every alarm, clip by clip in the order given.
        counts: by clip, for `awry.evaluation.bootstrap.resampled_events`.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    delay_frames: float | None
    delay_s: float | None
    false_alarms: int
    false_alarms_per_hour: float | None
    false_alarms_per_1000_frames: float | None
    normal_share_in_alarm: float | None
    n_alarms: int
    n_events: int
    n_found: int
    n_normal_frames: int
    events: list[TrueEvent]
    alarms: list[RaisedAlarm]
    counts: EventCounts

    def row(self) -> dict[str, Any]:
        """The figures and counts alone, ready for JSON."""
        lists = ("events", "alarms", "counts")
        return {name: getattr(self, name) for name in self.__slots__ if name not in lists}


def true_runs(labels: NDArray[np.uint8] | None) -> list[Run]:
    """Runs of abnormal frames, `(first, last)`, both inclusive.

    >>> true_runs(np.array([1, 1, 0, 1], np.uint8))
    [(0, 1), (3, 3)]
    """
    if labels is None:
        return []
    marks = np.concatenate([[False], labels == 1, [False]])
    edges = np.flatnonzero(marks[1:] != marks[:-1]).tolist()
    return [(first, last - 1) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def event_figures(
    alarms: Sequence[Runs],
    truth: Sequence[Runs],
    lengths: Sequence[int],
    fps: Sequence[float | None],
    labels: Sequence[ArrayLike] | None = None,
    names: Sequence[str] | None = None,
) -> EventFigures:
    """Precision, recall, F1, detection delay and false alarms of alarms against true events.

    An alarm touches an event where they share a frame. Alarms are counted as given: none are
    merged, and one that touches several events finds them all.

    Args:
        alarms: for each clip its alarms, as of `awry.scoring.events.find_runs`.
        truth: for each clip its true events: `true_runs` of its labels, or its tracks' first
            and last frames, which may overlap.
        lengths: for each clip its number of frames.
        fps: for each clip its frames per second, or None where unknown.
        labels: for each clip an array (n_i,), 0 where a frame is normal footage; if not given,
            the frames outside all true events are.
        names: the clips' names, for messages; their positions otherwise.

    Raises:
        InputError: numbers of clips or frames differ, a run is inverted or out of its clip, a
            label is neither 0 nor 1, or a frame rate is not above 0; the clip is named.

    >>> figures = event_figures([[(3, 4), (8, 8)]], [[(2, 5)]], [10], [25.0])
    >>> figures.precision, figures.recall, figures.delay_frames, figures.false_alarms
    (0.5, 1.0, 1.0, 1)
    """
    _need_same_clips(alarms, truth, lengths, fps, *([] if labels is None else [labels]))
    rows: list[list[float]] = []
    events: list[TrueEvent] = []
    raised: list[RaisedAlarm] = []
    for clip, length in enumerate(lengths):
        name = names[clip] if names else f"number {clip}"
        own = _checked_runs(alarms[clip], length, f"Clip {name}: alarm")
        true = _checked_runs(truth[clip], length, f"Clip {name}: true event")
        rate = _checked_rate(fps[clip], name)
        marks = _marks(true, length) if labels is None else _labels(labels[clip], length, name)
        right, delays = _match(own, true)
        known = [delay for delay in delays if delay is not None]
        rows.append([len(own), right.sum(), len(true), len(known), sum(known),
                     _seconds(sum(known), len(known), rate), length - marks.sum(),
                     _seconds(length - marks.sum(), length - marks.sum(), rate),
                     (_marks(own, length) & ~marks).sum()])  # fmt: skip
        for (first, last), delay in zip(true.tolist(), delays, strict=True):
            events.append(TrueEvent(clip, first, last, delay is not None, delay))
        for (first, last), good in zip(own.tolist(), right.tolist(), strict=True):
            raised.append(RaisedAlarm(clip, first, last, good))
    counts = EventCounts(*np.array(rows, np.float64).reshape(-1, 9).T)
    return _figures(counts, events, raised)


def event_rates(counts: EventCounts) -> dict[str, NDArray[np.float64]]:
    """The figures named in `RATES` from counts (r,), each float64 (r,); NaN for None."""
    precision = _ratio(counts.true_alarms, counts.alarms)
    recall = _ratio(counts.found, counts.events)
    harmonic = _ratio(2 * precision * recall, precision + recall)
    false = counts.alarms - counts.true_alarms
    return {
        "precision": precision,
        "recall": recall,
        # A silent detector has no precision, but that it found nothing is plain.
        "f1": np.where(recall == 0, 0.0, harmonic),
        "delay_frames": _ratio(counts.delay_frames, counts.found),
        "delay_s": _ratio(counts.delay_s, counts.found),
        "false_alarms_per_hour": _ratio(3600 * false, counts.normal_s),
        "false_alarms_per_1000_frames": _ratio(1000 * false, counts.normal_frames),
        "normal_share_in_alarm": _ratio(counts.normal_in_alarm, counts.normal_frames),
    }


def _figures(
    counts: EventCounts, events: list[TrueEvent], alarms: list[RaisedAlarm]
) -> EventFigures:
    total = counts.summed(np.ones((1, len(counts.alarms))))
    rates = {
        name: None if np.isnan(value[0]) else float(value[0])
        for name, value in event_rates(total).items()
    }
    return EventFigures(
        **rates,
        false_alarms=int(total.alarms[0] - total.true_alarms[0]),
        n_alarms=int(total.alarms[0]),
        n_events=int(total.events[0]),
        n_found=int(total.found[0]),
        n_normal_frames=int(total.normal_frames[0]),
        events=events,
        alarms=alarms,
        counts=counts,
    )


def _match(
    alarms: NDArray[np.int64], truth: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], list[int | None]]:
    """Whether each alarm touches an event, and each event's delay; None where missed."""
    touching = (alarms[:, None, 0] <= truth[:, 1]) & (alarms[:, None, 1] >= truth[:, 0])
    delays = np.maximum(alarms[:, None, 0] - truth[:, 0], 0)
    missed = np.iinfo(np.int64).max
    best = np.where(touching, delays, missed).min(axis=0, initial=missed)
    right = np.asarray(touching.any(axis=1), bool)
    return right, [None if delay == missed else delay for delay in best.tolist()]


def _seconds(frames: float, items: float, fps: float | None) -> float:
    """Frames in seconds; of no items there are none, whatever the rate."""
    if not items:
        return 0.0
    return float("nan") if fps is None else frames / fps


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _marks(truth: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    marks = np.zeros(length, bool)
    for first, last in truth.tolist():
        marks[first : last + 1] = True
    return marks


def _need_same_clips(*given: Sequence[Any]) -> None:
    if len({len(one) for one in given}) > 1:
        words = ("alarms", "true events", "lengths", "frame rates", "labels")
        pairs = zip(words, given, strict=False)
        raise InputError(
            f"There are {', '.join(f'{word} of {len(one)} clips' for word, one in pairs)}; "
            "expected all for the same clips."
        )


def _checked_runs(runs: Runs, length: int, what: str) -> NDArray[np.int64]:
    found = np.asarray(runs)
    if not found.size:
        return np.empty((0, 2), np.int64)
    if found.ndim != 2 or found.shape[1] != 2 or found.dtype.kind not in "iu":
        raise InputError(
            f"{what}s {runs!r}; expected pairs of whole numbers, first and last frame."
        )
    for first, last in found.tolist():
        if first > last:
            raise InputError(f"{what} from frame {first} to {last} ends before it begins.")
        if first < 0 or last >= length:
            raise InputError(
                f"{what} from frame {first} to {last} leaves the clip; expected frames 0 to "
                f"{length - 1}. Check whether they count from 1, and the clip's length."
            )
    return found.astype(np.int64)


def _checked_rate(fps: float | None, name: str) -> float | None:
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise InputError(
            f"Clip {name}: {fps} frames per second; expected a number above 0, or None where "
            "it is unknown."
        )
    return fps


def _labels(labels: ArrayLike, length: int, name: str) -> NDArray[np.bool_]:
    marks = np.asarray(labels)
    if marks.shape != (length,) or not np.isin(marks, (0, 1)).all():
        raise InputError(
            f"Clip {name}: labels of shape {marks.shape} with values {np.unique(marks)[:5]}; "
            f"expected 0 (normal) or 1 (abnormal) for each of {length} frames."
        )
    return marks == 1
