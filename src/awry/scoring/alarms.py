"""Alarms of scores that are at hand: what another threshold would give, without scoring again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.scoring.events import EventOptions, find_runs
from awry.scoring.normal_alarms import alarm_curve

# Numbers of alarms for which a threshold is worth knowing.
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class SourceScores:
    """The scores of one source.

    Attributes:
        source: its name.
        frames: int64 (n,), each frame's number, ascending; lost frames may be missing.
        scores: float64 (n,), finite; filled where a frame was not scored itself.
        scored: bool (n,), True where the method gave the score.
        times: float64 (n,), seconds, ascending; None where they are unknown.
    """

    source: str
    frames: NDArray[np.int64]
    scores: NDArray[np.float64]
    scored: NDArray[np.bool_]
    times: NDArray[np.float64] | None = None

    @property
    def step(self) -> float | None:
        """Seconds from one frame to the next; None where they are unknown."""
        if self.times is None or len(self.times) < 2:
            return None
        return float(np.median(np.diff(self.times)))

    def seconds(self, first: int, last: int) -> float | None:
        """How long the frames at these places last, both inclusive; None where unknown."""
        if self.times is None or self.step is None:
            return None
        return float(self.times[last] - self.times[first]) + self.step


@dataclass(frozen=True, slots=True)
class Alarm:
    """A run of frames over a threshold.

    Attributes:
        source: whose.
        first, last: frame numbers, both inclusive.
        start_s, end_s: the time of those frames; None where it is unknown.
        peak: number of the highest frame that the method scored itself.
        score: its score.
    """

    source: str
    first: int
    last: int
    start_s: float | None
    end_s: float | None
    peak: int
    score: float


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a threshold gives.

    Attributes:
        threshold: an alarm has a frame above it.
        alarms: source by source, in time order.
        frames, seconds: of all sources; seconds are None where a source's are unknown.
        alarm_frames, alarm_seconds: of these, in alarms.
    """

    threshold: float
    alarms: tuple[Alarm, ...]
    frames: int
    seconds: float | None
    alarm_frames: int
    alarm_seconds: float | None

    @property
    def per_hour(self) -> float | None:
        """Alarms an hour; None where times are unknown."""
        return 3600 * len(self.alarms) / self.seconds if self.seconds else None

    @property
    def share(self) -> float:
        """Share of the frames that lie in alarms, in [0, 1]."""
        return self.alarm_frames / self.frames if self.frames else 0.0


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """What another threshold changes.

    Attributes:
        before, after: what the two give.
        appeared: alarms after that share no frame with one before.
        vanished: alarms before that share no frame with one after.
    """

    before: Alarms
    after: Alarms
    appeared: tuple[Alarm, ...]
    vanished: tuple[Alarm, ...]


def find_alarms(
    sources: Sequence[SourceScores],
    threshold: float,
    options: EventOptions | None = None,
    normal: float = 0.0,
) -> Alarms:
    """The alarms at a threshold, the same ones that scoring the footage with it would give.

    Args:
        sources: scores, filled and smoothed as they were judged.
        threshold, options, normal: see `awry.scoring.events.find_runs`.
    """
    alarms: list[Alarm] = []
    alarm_frames, alarm_seconds = 0, 0.0
    for source in sources:
        for first, last in find_runs(source.scores, threshold, options, normal):
            inside = first + np.flatnonzero(source.scored[first : last + 1])
            if not inside.size:
                continue  # filled frames alone are no alarm
            peak = int(inside[np.argmax(source.scores[inside])])
            alarms.append(
                Alarm(
                    source.source,
                    int(source.frames[first]),
                    int(source.frames[last]),
                    None if source.times is None else float(source.times[first]),
                    None if source.times is None else float(source.times[last]),
                    int(source.frames[peak]),
                    float(source.scores[peak]),
                )
            )
            alarm_frames += last - first + 1
            alarm_seconds += source.seconds(first, last) or 0.0
    lengths = [source.seconds(0, len(source.frames) - 1) for source in sources]
    known = [length for length in lengths if length is not None]
    whole = len(known) == len(lengths)
    return Alarms(
        threshold=threshold,
        alarms=tuple(alarms),
        frames=sum(len(source.frames) for source in sources),
        seconds=sum(known) if whole else None,
        alarm_frames=alarm_frames,
        alarm_seconds=alarm_seconds if whole else None,
    )


def compare_alarms(before: Alarms, after: Alarms) -> AlarmChange:
    """Which alarms another threshold, or another detector, brings and takes away."""

    return AlarmChange(
        before, after, _alone(after.alarms, before.alarms), _alone(before.alarms, after.alarms)
    )


def _alone(ours: Sequence[Alarm], others: Sequence[Alarm]) -> tuple[Alarm, ...]:
    """Alarms that share no frame with any of the others."""
    begins: dict[str, list[int]] = {}
    ends: dict[str, list[int]] = {}  # the latest end of all that begin so early
    for alarm in sorted(others, key=lambda alarm: alarm.first):
        begins.setdefault(alarm.source, []).append(alarm.first)
        so_far = ends.setdefault(alarm.source, [])
        so_far.append(max(alarm.last, so_far[-1] if so_far else alarm.last))

    def touched(alarm: Alarm) -> bool:
        earlier = bisect_right(begins.get(alarm.source, []), alarm.last)
        return earlier > 0 and ends[alarm.source][earlier - 1] >= alarm.first

    return tuple(alarm for alarm in ours if not touched(alarm))


def threshold_steps(
    sources: Sequence[SourceScores], options: EventOptions | None = None, normal: float = 0.0
) -> list[Alarms]:
    """A few thresholds to choose from, highest first: for no alarm, one, two, five, and so on.

    Each is the lowest with so few alarms, but none with more than 5 % of the frames above it.
    """
    chosen = options or EventOptions()
    series = [source.scores for source in sources if len(source.scores)]
    if not series:
        return []
    curve = alarm_curve(series, chosen, normal)
    levels = [min(level for level, count in curve if count <= most) for most in STEPS]
    return [find_alarms(sources, level, chosen, normal) for level in dict.fromkeys(levels)]
