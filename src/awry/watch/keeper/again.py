"""Events found again on stored scores, as the keeper found them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.scoring.events import find_runs
from awry.watch.keeper.events import EventStream, Found, Level
from awry.watch.messages import Scored
from awry.watch.store.scores import LIGHTS, ScoreSpan

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReplayedEvent:
    """An event that stored scores give.

    Attributes:
        start, end, peak_at: seconds since 1970-01-01 UTC.
        score: of the peak.
        light: mode of the pictures.
        was: uid of a stored event that shares time with it; None: there was none.
    """

    start: float
    end: float
    peak_at: float
    score: float
    light: str
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Scores that make an event, or several where it lasts too long.

    Attributes:
        first, last: places in the scores, both inclusive.
        light: mode of the pictures.
        cut: whether it lasts so long that it is cut.
    """

    first: int
    last: int
    light: str
    cut: bool


def find_again(scores: ScoreSpan, levels: Mapping[str, Level], longest_s: float) -> list[Run]:
    """The runs of each connection and light mode by itself, in the order of time.

    Args:
        scores: of one detector.
        levels: light mode -> what its scores are judged by.
        longest_s: an event that lasts so long is cut.
    """
    found = []
    for first, last in pairwise(_bounds(scores)):
        light = LIGHTS[int(scores.lights[first])]
        level = levels[light]
        if level.threshold is None:
            continue
        values = scores.scores[first:last].astype(np.float64)
        for begin, end in find_runs(values, level.threshold, level.options, level.normal):
            lasts = float(scores.times[first + end] - scores.times[first + begin])
            found.append(Run(first + begin, first + end, light, lasts >= longest_s))
    return found


def events_of(
    scores: ScoreSpan,
    runs: Sequence[Run],
    whose: tuple[str, str],
    levels: Mapping[str, Level],
    longest_s: float,
) -> Iterator[ReplayedEvent]:
    """The events of runs.

    Args:
        scores, levels, longest_s: that `find_again` was given.
        runs: that it gave.
        whose: camera and detector.
    """
    for run in runs:
        part = slice(run.first, run.last + 1)
        times, values = scores.times[part], scores.scores[part].astype(np.float64)
        if run.cut:
            stream = EventStream(*whose, longest_s)
            yield from _cut(stream, times, values, run.light, levels[run.light])
        else:
            yield _event(times, values, run.light)


def squeezed(scores: ScoreSpan, levels: Mapping[str, Level]) -> ScoreSpan:
    """Fewer scores with the same events at these levels and all that are no lower.

    Of the scores below only so many are kept that nothing merges which did not before.
    """
    bounds = _bounds(scores)
    kept = np.zeros(len(scores.times), bool)
    for first, last in pairwise(bounds):
        kept[first] = True  # so that it stays apart from its neighbours
        level = levels[LIGHTS[int(scores.lights[first])]]
        if level.threshold is None:
            continue
        low = level.options.low(level.threshold, level.normal)
        places = np.arange(last - first)
        over = scores.scores[first:last].astype(np.float64) > low
        since = places - np.maximum.accumulate(np.where(over, places, -len(kept) - 1))
        kept[first:last] |= since <= level.options.merge_gap + 1
    return ScoreSpan(*(getattr(scores, name)[kept] for name in ScoreSpan.__slots__))


def scored_seconds(scores: ScoreSpan) -> float:
    """How long was scored, without the gaps."""
    steps = np.diff(scores.times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    return float(np.minimum(steps, max(5 * usual, 1.0)).sum()) + usual


def first_touching(
    starts: Sequence[float], ends: Sequence[float], others: Sequence[tuple[float, float]]
) -> list[int | None]:
    """For each stretch the place of the first other one that shares time with it; None: none does.

    Args:
        starts, ends: of the stretches, both inclusive.
        others: starts and ends, in the order of their starts.
    """
    if not others:
        return [None] * len(starts)
    begins = np.array([one[0] for one in others])
    so_far = np.maximum.accumulate([one[1] for one in others])
    places = np.searchsorted(so_far, np.asarray(starts, np.float64), side="left")
    return [
        int(place) if place < len(begins) and begins[place] <= end else None
        for place, end in zip(places.tolist(), ends, strict=True)
    ]


def _bounds(scores: ScoreSpan) -> list[int]:
    if not len(scores.times):
        return []
    other = (np.diff(scores.sessions) != 0) | (np.diff(scores.lights) != 0)
    return [0, *(np.flatnonzero(other) + 1).tolist(), len(scores.times)]


def _event(times: Series, values: Series, light: str) -> ReplayedEvent:
    peak = int(np.nanargmax(values))
    start, end = float(times[0]), float(times[-1])
    return ReplayedEvent(start, end, float(times[peak]), float(values[peak]), light)


def _cut(
    stream: EventStream, times: Series, values: Series, light: str, level: Level
) -> Iterator[ReplayedEvent]:
    """An event that lasts too long, cut as it would have been."""
    for step, (at, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
        score = None if value != value else value
        scored = Scored(stream.camera, at, "", step, stream.bundle, score, _light(light))
        yield from _ended(stream.take(scored, level).events)
    yield from _ended(stream.end().events)


def _light(name: str) -> Any:
    return name


def _ended(events: Sequence[Found]) -> Iterator[ReplayedEvent]:
    for event in events:
        if event.phase == "end":
            yield ReplayedEvent(event.start, event.end, event.peak_at, event.score, event.light)
