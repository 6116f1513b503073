"""Event-level figures at a threshold, as pure functions: what an operator experiences.

Runs of frames, alarms and true events alike, are `(first, last)`, 0-based, both inclusive.
docs/measurement.md states the rules.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.errors import ConfigError, InputError, nearest
from awry.evaluation.metrics.event_matching import (
    Outcome,
    begun_in,
    joined,
    marked,
    shares_inside,
    touching,
)

Run = tuple[int, int]
Runs = Sequence[Run]
RuleName = Literal["begin", "touch"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
RATES = (
    "precision",
    "precision_time",
    "recall",
    "f1",
    "delay_frames",
    "delay_s",
    "false_alarms_per_hour",
    "false_alarms_per_1000_frames",
    "false_alarm_minutes_per_hour",
    "normal_share_in_alarm",
)


@dataclass(frozen=True, slots=True)
class EventRule:
    """When an alarm detects an event, and when it is right.

    Attributes:
        name: `begin`: an alarm detects the event in which it begins, one at most, and is right if
            half of its frames or more lie in events. `touch`: it detects every event with which
            it shares a frame, however long it has been on, and is right if there is one.
        tolerance_s: seconds before an event in which an alarm may begin and yet detect it, and
            around events in which an alarm's frames are no fault of it. Without effect in clips
            whose frame rate is unknown, and on `touch`.

    Raises:
        ConfigError: the tolerance is negative or not finite.
    """

    name: RuleName = "begin"
    tolerance_s: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance_s) and self.tolerance_s >= 0):
            raise ConfigError(
                f"The tolerance around events is {self.tolerance_s} s; expected 0 or more."
            )

    @classmethod
    def parse(cls, name: str, tolerance_s: float = 1.0) -> EventRule:
        """The rule of that name.

        Raises:
            ConfigError: unknown rule, or the tolerance is out of range.
        """
        for known in RULES:
            if name == known:
                return cls(known, tolerance_s)
        raise ConfigError(f"Unknown event rule '{name}': {nearest(name, RULES)}.")

    def frames(self, fps: float | None) -> int:
        """The tolerance in whole frames; 0 where the frame rate is unknown."""
        return 0 if fps is None else math.floor(self.tolerance_s * fps + 1e-9)


@dataclass(frozen=True, slots=True)
class EventCounts:
    """What the figures are made of, each float64 (c,), one value for each clip (or draw).

    Attributes:
        alarms, true_alarms: all alarms, and those that are right.
        alarm_frames: frames that lie in an alarm.
        events, told, found: all true events, those that count for recall, and the found ones.
        delay_frames, delay_s: sums over the found events; seconds are NaN where an event was
            found and the frame rate is unknown.
        normal_frames, normal_s: normal footage; seconds are NaN where there is some and the
            frame rate is unknown.
        normal_in_alarm, normal_in_alarm_s: the part of it that lies in an alarm.
    """

    alarms: NDArray[np.float64]
    true_alarms: NDArray[np.float64]
    alarm_frames: NDArray[np.float64]
    events: NDArray[np.float64]
    told: NDArray[np.float64]
    found: NDArray[np.float64]
    delay_frames: NDArray[np.float64]
    delay_s: NDArray[np.float64]
    normal_frames: NDArray[np.float64]
    normal_s: NDArray[np.float64]
    normal_in_alarm: NDArray[np.float64]
    normal_in_alarm_s: NDArray[np.float64]

    def summed(self, weights: NDArray[np.float64]) -> EventCounts:
        """Counts of sets of clips: `weights` (r, c) says how often each set has each clip."""
        return EventCounts(*(weights @ getattr(self, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """A true event and what came of it.

    Attributes:
        clip: position of its clip.
        first, last: its frames, both inclusive.
        outcome: `found`; `no_alarm`: none is on in it; `already_on`: one is, which began before
            it; `counted_elsewhere`: the alarm that begins in it detects another event;
            `never_off`: the alarm is on in every frame of the clip; `cannot_be_told`: so it is,
            and the whole clip is abnormal, so that the event counts for nothing.
        delay_frames: from its first frame to the alarm's first, 0 if the alarm began before;
            None where it was not found.
    """

    clip: int
    first: int
    last: int
    outcome: Outcome
    delay_frames: int | None

    @property
    def found(self) -> bool:
        """Whether an alarm detected it."""
        return self.outcome == "found"


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """An alarm and whether it was right.

    Attributes:
        clip: position of its clip.
        first, last: its frames, both inclusive.
        true: it is right by the rule; a false alarm otherwise.
        share: of its frames, in [0, 1], those that lie in true events or as near to them as the
            rule tolerates.
    """

    clip: int
    first: int
    last: int
    true: bool
    share: float


@dataclass(frozen=True, slots=True)
class EventFigures:
    """Event-level figures of a data set; None where a figure does not exist.

    Attributes:
        rule: by which they were counted.
        precision: share of alarms that are right, in [0, 1]; None without alarms.
        precision_time: share of the frames in alarm that are truly abnormal, in [0, 1]; the
            prevalence of abnormal frames where the alarm is always on; None without alarms.
        recall: share of true events that were found, of those that can be told, in [0, 1]; None
            without any.
        f1: harmonic mean of precision and recall; 0 where no event was found, None without
            events.
        delay_frames: mean detection delay over found events; None if none was found.
        delay_s: the same in seconds; None also where a found event's frame rate is unknown.
        false_alarms: alarms that are not right.
        false_alarms_per_hour: of normal footage; None without normal frames, or where the frame
            rate of some is unknown.
        false_alarms_per_1000_frames: of normal footage; None without normal frames.
        false_alarm_minutes_per_hour: minutes in alarm in an hour of normal footage, in [0, 60];
            None as `false_alarms_per_hour`.
        normal_share_in_alarm: share of normal frames that lie in an alarm, right or false, in
            [0, 1]; None without normal frames.
        n_alarms, n_events, n_told, n_found, n_normal_frames: counts; `n_told` events count for
            recall.
        missed: why events were not found -> how many; see `TrueEvent.outcome`.
        events: every true event, clip by clip in the order given.
        alarms: every alarm, clip by clip; as given for `touch`, joined for `begin`.
        counts: by clip, for `awry.evaluation.metrics.bootstrap.resampled_events`.
    """

    rule: EventRule
    precision: float | None
    precision_time: float | None
    recall: float | None
    f1: float | None
    delay_frames: float | None
    delay_s: float | None
    false_alarms: int
    false_alarms_per_hour: float | None
    false_alarms_per_1000_frames: float | None
    false_alarm_minutes_per_hour: float | None
    normal_share_in_alarm: float | None
    n_alarms: int
    n_events: int
    n_told: int
    n_found: int
    n_normal_frames: int
    missed: dict[str, int]
    events: list[TrueEvent]
    alarms: list[RaisedAlarm]
    counts: EventCounts

    def row(self) -> dict[str, Any]:
        """The figures and counts alone, with the rule's name and tolerance, ready for JSON."""
        apart = ("rule", "events", "alarms", "counts")
        figures = {name: getattr(self, name) for name in self.__slots__ if name not in apart}
        return {**figures, "rule": self.rule.name, "tolerance_s": self.rule.tolerance_s}


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
    rule: EventRule | None = None,
) -> EventFigures:
    """Precision, recall, F1, detection delay and false alarms of alarms against true events.

    By the rule `begin`, alarms that overlap or follow each other without a frame between are one.

    Args:
        alarms: for each clip its alarms, as of `awry.scoring.events.find_runs`.
        truth: for each clip its true events: `true_runs` of its labels, or its tracks' first
            and last frames, which may overlap.
        lengths: for each clip its number of frames.
        fps: for each clip its frames per second, or None where unknown.
        labels: for each clip an array (n_i,), 0 where a frame is normal footage; if not given,
            the frames outside all true events are.
        names: the clips' names, for messages; their positions otherwise.
        rule: default `EventRule()`.

    Raises:
        InputError: numbers of clips or frames differ, a run is inverted or out of its clip, a
            label is neither 0 nor 1, or a frame rate is not above 0; the clip is named.

    >>> figures = event_figures([[(3, 4), (8, 8)]], [[(2, 5)]], [10], [1.0])
    >>> figures.precision, figures.recall, figures.delay_frames, figures.false_alarms
    (0.5, 1.0, 1.0, 1)
    """
    rule = rule or EventRule()
    _need_same_clips(alarms, truth, lengths, fps, *([] if labels is None else [labels]))
    rows: list[list[float]] = []
    events: list[TrueEvent] = []
    raised: list[RaisedAlarm] = []
    for clip, length in enumerate(lengths):
        name = names[clip] if names else f"number {clip}"
        own = checked_runs(alarms[clip], length, f"Clip {name}: alarm")
        true = checked_runs(truth[clip], length, f"Clip {name}: true event")
        rate = _checked_rate(fps[clip], name)
        marks = marked(true, length) if labels is None else _labels(labels[clip], length, name)
        own, right, shares, outcomes = _outcomes(own, true, length, rule, rule.frames(rate))
        rows.append(_counts(own, right, outcomes, marks, rate))
        for (first, last), outcome in zip(true.tolist(), outcomes, strict=True):
            events.append(TrueEvent(clip, first, last, *outcome))
        for (first, last), good, share in zip(own.tolist(), right, shares, strict=True):
            raised.append(RaisedAlarm(clip, first, last, bool(good), float(share)))
    counts = EventCounts(*np.array(rows, np.float64).reshape(-1, len(EventCounts.__slots__)).T)
    return _figures(rule, counts, events, raised)


def event_rates(counts: EventCounts) -> dict[str, NDArray[np.float64]]:
    """The figures named in `RATES` from counts (r,), each float64 (r,); NaN for None."""
    precision = _ratio(counts.true_alarms, counts.alarms)
    recall = _ratio(counts.found, counts.told)
    harmonic = _ratio(2 * precision * recall, precision + recall)
    false = counts.alarms - counts.true_alarms
    return {
        "precision": precision,
        "precision_time": _ratio(counts.alarm_frames - counts.normal_in_alarm, counts.alarm_frames),
        "recall": recall,
        # A silent detector has no precision, but that it found nothing is plain.
        "f1": np.where(recall == 0, 0.0, harmonic),
        "delay_frames": _ratio(counts.delay_frames, counts.found),
        "delay_s": _ratio(counts.delay_s, counts.found),
        "false_alarms_per_hour": _ratio(3600 * false, counts.normal_s),
        "false_alarms_per_1000_frames": _ratio(1000 * false, counts.normal_frames),
        "false_alarm_minutes_per_hour": 60 * _ratio(counts.normal_in_alarm_s, counts.normal_s),
        "normal_share_in_alarm": _ratio(counts.normal_in_alarm, counts.normal_frames),
    }


_Outcomes = tuple[
    NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], list[tuple[Outcome, int | None]]
]


def _outcomes(
    alarms: NDArray[np.int64],
    truth: NDArray[np.int64],
    length: int,
    rule: EventRule,
    tolerance: int,
) -> _Outcomes:
    """Alarms as they count, which of them are right, their shares, and the events' outcomes."""
    if rule.name == "touch":
        right, delays = touching(alarms, truth)
        shares = shares_inside(alarms, marked(truth, length))
        outcomes: list[tuple[Outcome, int | None]] = [
            ("no_alarm" if delay is None else "found", delay) for delay in delays
        ]
        return alarms, right, shares, outcomes
    alarms = joined(alarms)
    shares = shares_inside(alarms, marked(truth, length, tolerance))
    return alarms, shares >= 0.5, shares, begun_in(alarms, truth, tolerance, length)


def _counts(
    alarms: NDArray[np.int64],
    right: NDArray[np.bool_],
    outcomes: list[tuple[Outcome, int | None]],
    abnormal: NDArray[np.bool_],
    fps: float | None,
) -> list[float]:
    """One clip's values of `EventCounts`, in its order."""
    on = marked(alarms, len(abnormal))
    delays = [delay for _, delay in outcomes if delay is not None]
    told = sum(outcome != "cannot_be_told" for outcome, _ in outcomes)
    normal, normal_on = int((~abnormal).sum()), int((on & ~abnormal).sum())
    return [
        *(len(alarms), int(right.sum()), int(on.sum()), len(outcomes), told, len(delays)),
        *(sum(delays), _seconds(sum(delays), len(delays), fps)),
        *(normal, _seconds(normal, normal, fps)),
        *(normal_on, _seconds(normal_on, normal_on, fps)),
    ]


def _figures(
    rule: EventRule, counts: EventCounts, events: list[TrueEvent], alarms: list[RaisedAlarm]
) -> EventFigures:
    total = counts.summed(np.ones((1, len(counts.alarms))))
    rates = {
        name: None if np.isnan(value[0]) else float(value[0])
        for name, value in event_rates(total).items()
    }
    return EventFigures(
        rule=rule,
        **rates,
        false_alarms=int(total.alarms[0] - total.true_alarms[0]),
        n_alarms=int(total.alarms[0]),
        n_events=int(total.events[0]),
        n_told=int(total.told[0]),
        n_found=int(total.found[0]),
        n_normal_frames=int(total.normal_frames[0]),
        missed=dict(sorted(Counter(event.outcome for event in events if not event.found).items())),
        events=events,
        alarms=alarms,
        counts=counts,
    )


def _seconds(frames: float, items: float, fps: float | None) -> float:
    """Frames in seconds; of no items there are none, whatever the rate."""
    if not items:
        return 0.0
    return float("nan") if fps is None else frames / fps


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _need_same_clips(*given: Sequence[Any]) -> None:
    if len({len(values) for values in given}) > 1:
        words = ("alarms", "true events", "lengths", "frame rates", "labels")
        pairs = zip(words, given, strict=False)
        raise InputError(
            f"There are {', '.join(f'{word} of {len(values)} clips' for word, values in pairs)}; "
            "expected all for the same clips."
        )


def checked_runs(runs: Runs, length: int, what: str) -> NDArray[np.int64]:
    """Runs as int64 (k, 2).

    Raises:
        InputError: not pairs of whole numbers, or one is inverted or out of `length` frames.
    """
    pairs = np.asarray(runs)
    if not pairs.size:
        return np.empty((0, 2), np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise InputError(
            f"{what}s {runs!r}; expected pairs of whole numbers, first and last frame."
        )
    for first, last in pairs.tolist():
        if first > last:
            raise InputError(f"{what} from frame {first} to {last} ends before it begins.")
        if first < 0 or last >= length:
            raise InputError(
                f"{what} from frame {first} to {last} leaves the clip; expected frames 0 to "
                f"{length - 1}. Check whether they count from 1, and the clip's length."
            )
    return pairs.astype(np.int64)


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
