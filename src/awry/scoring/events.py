"""From scores and a threshold to alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError, InputError
from awry.frames import Event, FrameScore, Region, frames_in
from awry.scoring.regions import distinct_regions

# Seconds between runs that are one alarm, and of the shortest alarm.
MERGED_S, SHORTEST_ALARM_S = 1.0, 0.3


@dataclass(frozen=True, slots=True)
class EventOptions:
    """How runs of frames over a threshold become alarms.

    Attributes:
        hysteresis: a run goes on while the score stays above the threshold less this share of
            its distance from the normal level; in [0, 1], 0 for one threshold alone.
        merge_gap: runs with at most this many frames between them are one alarm.
        min_length: an alarm of fewer frames, after merging, is dropped; 1 or more.

    The defaults of the latter two are a second and 0.3 s at 10 frames a second; see `at_rate`.

    Raises:
        ConfigError: a value out of range.
    """

    hysteresis: float = 0.1
    merge_gap: int = 10
    min_length: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.hysteresis <= 1:
            raise ConfigError(f"Event hysteresis is {self.hysteresis}; expected 0 to 1.")
        if self.merge_gap < 0 or self.min_length < 1:
            raise ConfigError(
                f"Event merge_gap is {self.merge_gap} and min_length {self.min_length}; "
                "expected frames, at least 0 and at least 1."
            )

    @classmethod
    def at_rate(
        cls,
        fps: float | None,
        *,
        hysteresis: float = 0.1,
        merge_gap: int | None = None,
        min_length: int | None = None,
    ) -> EventOptions:
        """Gaps of a second and alarms of 0.3 s, in frames of footage with so many a second.

        Args:
            fps: frames per second; None: unknown, 10 are assumed.
            hysteresis, merge_gap, min_length: values that are given; None: by the seconds.

        >>> EventOptions.at_rate(25.0)
        EventOptions(hysteresis=0.1, merge_gap=25, min_length=8)
        """
        return cls(
            hysteresis,
            frames_in(MERGED_S, fps, least=0) if merge_gap is None else merge_gap,
            frames_in(SHORTEST_ALARM_S, fps) if min_length is None else min_length,
        )

    def low(self, threshold: float, normal: float = 0.0) -> float:
        """The score below which a run ends; `normal` is the mean score of normal footage."""
        return threshold - self.hysteresis * abs(threshold - normal)


def find_runs(
    scores: NDArray[np.float64],
    threshold: float,
    options: EventOptions | None = None,
    normal: float = 0.0,
) -> list[tuple[int, int]]:
    """Find the alarms of one clip.

    Args:
        scores: float64 (n,); a NaN is not above any threshold.
        threshold: each alarm has a frame above it, strictly.
        options: default `EventOptions()`.
        normal: mean score of normal footage, from which the hysteresis is measured.

    Returns:
        `(first, last)` of each alarm, both inclusive, in time order.

    >>> find_runs(np.array([0, 2, 2, 2, 0.0]), 1.0)
    [(1, 3)]
    """
    options = options or EventOptions()
    series = np.asarray(scores, np.float64)
    if not series.size:
        return []
    over = np.concatenate([[False], series > options.low(threshold, normal), [False]])
    edges = np.flatnonzero(over[1:] != over[:-1])
    runs = np.stack([edges[::2], edges[1::2]], axis=1)
    # How many frames above the threshold lie before each frame: a run without any is no alarm.
    before = np.concatenate([[0], np.cumsum(series > threshold)])
    runs = runs[before[runs[:, 1]] > before[runs[:, 0]]]
    if not len(runs):
        return []
    apart = runs[1:, 0] - runs[:-1, 1] > options.merge_gap
    firsts = runs[np.concatenate([[True], apart]), 0]
    lasts = runs[np.concatenate([apart, [True]]), 1] - 1
    return [
        (int(first), int(last))
        for first, last in zip(firsts, lasts, strict=True)
        if last - first + 1 >= options.min_length
    ]


@dataclass(slots=True)
class _Run:
    """Frames over the lower threshold, and what joins them to one alarm."""

    first: FrameScore
    first_place: int
    last: FrameScore
    last_place: int
    peak: tuple[float, FrameScore] | None = None
    over: bool = False


class EventFinder:
    """Finds the alarms of one stream, as `find_runs` finds those of a clip.

    An alarm is over, and given, once `merge_gap` frames without another have passed.

    Args:
        source: the stream's name.
        threshold: see `find_runs`.
        calibration: how the threshold came about, in words.
        options: default `EventOptions()`.
        normal: see `find_runs`.
    """

    def __init__(
        self,
        source: str,
        threshold: float,
        calibration: str,
        options: EventOptions | None = None,
        normal: float = 0.0,
    ) -> None:
        self._source = source
        self._threshold = threshold
        self._calibration = calibration
        self._options = options or EventOptions()
        self._low = self._options.low(threshold, normal)
        self._place = -1
        self._alarm: _Run | None = None
        self._run: _Run | None = None
        self._between: tuple[float, FrameScore] | None = None

    def push(self, score: FrameScore, value: float) -> list[Event]:
        """Take the next frame.

        Args:
            score: what the method gave.
            value: the score to judge, filled and smoothed.

        Returns:
            the alarm that is over now, if any. An event's peak is the highest of its frames that
            the method scored itself; a run of filled frames alone is no event.
        """
        self._place += 1
        score = replace(score, map=None)
        own = (value, score) if score.score is not None and value == value else None
        if value > self._low:
            self._go_on(score, value, own)
        else:
            self._pause(own)
        alarm = self._alarm
        if alarm is None or self._run is not None:
            return []
        return self._end() if self._place - alarm.last_place > self._options.merge_gap else []

    def flush(self) -> list[Event]:
        """The stream has ended: give the alarm that was on, if any, and forget the stream."""
        ended = self._end()
        self._place, self._run = -1, None
        return ended

    @property
    def current(self) -> Event | None:
        """The alarm that is on, as far as it is known; None before it is certain to be one."""
        return self._event()

    @property
    def at_rest(self) -> bool:
        """Whether no alarm is on and none may be beginning: a fresh finder would go on alike."""
        return self._alarm is None and self._run is None

    def state(self) -> dict[str, Any]:
        """What it knows of the stream as plain values for JSON; `resume` takes it back."""
        alarm = None if self._alarm is None else _run_values(self._alarm)
        same = self._run is self._alarm
        run = None if self._run is None or same else _run_values(self._run)
        between = None if self._between is None else _peak_values(self._between)
        values = {"place": self._place, "alarm": alarm, "run": run, "between": between}
        return {**values, "on": same and self._run is not None}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on where another finder with the same threshold and options was.

        Args:
            state: as its `state` gave it.
        """
        self._place = int(state["place"])
        self._alarm = None if state["alarm"] is None else _run_of(state["alarm"])
        self._run = None if state["run"] is None else _run_of(state["run"])
        if state["on"]:
            self._run = self._alarm
        self._between = None if state["between"] is None else _peak_of(state["between"])

    def _go_on(self, score: FrameScore, value: float, own: tuple[float, FrameScore] | None) -> None:
        if self._run is None:
            self._run = _Run(score, self._place, score, self._place)
        run = self._run
        run.last, run.last_place = score, self._place
        run.peak = _higher(run.peak, own)
        run.over = run.over or value > self._threshold
        if not run.over or run is self._alarm:
            return
        if self._alarm is not None:
            run.first, run.first_place = self._alarm.first, self._alarm.first_place
            run.peak = _higher(_higher(self._alarm.peak, self._between), run.peak)
        self._alarm, self._between = run, None

    def _pause(self, own: tuple[float, FrameScore] | None) -> None:
        if self._run is not None and self._run is not self._alarm:
            self._between = _higher(self._between, self._run.peak)
        self._run = None
        self._between = _higher(self._between, own)

    def _end(self) -> list[Event]:
        event = self._event()
        self._alarm, self._between = None, None
        return [] if event is None else [event]

    def _event(self) -> Event | None:
        run = self._alarm
        if run is None or run.peak is None:
            return None
        if run.last_place - run.first_place + 1 < self._options.min_length:
            return None
        value, peak = run.peak
        return Event(
            source=self._source,
            first=run.first.index,
            last=run.last.index,
            start_s=run.first.time_s,
            end_s=run.last.time_s,
            peak=peak.index,
            score=value,
            parts=dict(peak.parts),
            regions=distinct_regions(peak.regions),
            threshold=self._threshold,
            calibration=self._calibration,
        )


def _higher(
    first: tuple[float, FrameScore] | None, second: tuple[float, FrameScore] | None
) -> tuple[float, FrameScore] | None:
    """The higher of two peaks, the earlier where they are equal."""
    if first is None or (second is not None and second[0] > first[0]):
        return second
    return first


def _run_values(run: _Run) -> dict[str, Any]:
    """A run as plain values; of its last frame only what an event is told of it."""
    return {
        "first": _frame_values(run.first),
        "first_place": run.first_place,
        "last": _frame_values(run.last),
        "last_place": run.last_place,
        "peak": None if run.peak is None else _peak_values(run.peak),
        "over": run.over,
    }


def _run_of(values: Mapping[str, Any]) -> _Run:
    return _Run(
        _frame_of(values["first"]),
        int(values["first_place"]),
        _frame_of(values["last"]),
        int(values["last_place"]),
        None if values["peak"] is None else _peak_of(values["peak"]),
        bool(values["over"]),
    )


def _peak_values(peak: tuple[float, FrameScore]) -> dict[str, Any]:
    value, score = peak
    regions = [asdict(region) for region in score.regions]
    return {
        "value": value,
        "score": score.score,
        "parts": dict(score.parts),
        "regions": regions,
        **_frame_values(score),
    }


def _peak_of(values: Mapping[str, Any]) -> tuple[float, FrameScore]:
    regions = tuple(
        Region(tuple(one["box"]), one["score"], dict(one["parts"]), one["class_name"])
        for one in values["regions"]
    )
    score = replace(
        _frame_of(values), score=values["score"], parts=dict(values["parts"]), regions=regions
    )
    return float(values["value"]), score


def _frame_values(score: FrameScore) -> dict[str, Any]:
    return {"index": score.index, "time_s": score.time_s}


def _frame_of(values: Mapping[str, Any]) -> FrameScore:
    return FrameScore(int(values["index"]), values["time_s"], None)


def find_events(
    source: str,
    frame_scores: Sequence[FrameScore],
    scores: NDArray[np.float64],
    threshold: float,
    calibration: str,
    options: EventOptions | None = None,
    normal: float = 0.0,
) -> list[Event]:
    """Find the alarms of one clip, with what the method said of their peaks.

    Args:
        source: the clip's name.
        frame_scores: what the method gave, one a frame, in order.
        scores: float64 (n,), the scores to judge, filled and smoothed.
        threshold: see `find_runs`.
        calibration: how the threshold came about, in words.
        options: default `EventOptions()`.
        normal: see `find_runs`.

    Returns:
        Events in time order, as `EventFinder` gives them.

    Raises:
        InputError: the two lengths differ.
    """
    if len(frame_scores) != len(scores):
        raise InputError(
            f"{source}: {len(frame_scores)} frame scores came with a series of {len(scores)}; "
            "expected one value for each frame."
        )
    finder = EventFinder(source, threshold, calibration, options, normal)
    pairs = zip(frame_scores, scores, strict=True)
    events = [event for score, value in pairs for event in finder.push(score, float(value))]
    return events + finder.flush()
