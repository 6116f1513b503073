"""Another threshold or budget on scores that are stored: which events it would have given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import BundleError, ConfigError, InputError
from awry.results import FigureCard, Result
from awry.scoring.budget import UNITS
from awry.scoring.calibration import Budget, Calibration
from awry.scoring.events import find_runs
from awry.watch.keeper.events import EventStream, Found, Level
from awry.watch.keeper.levels import said_of
from awry.watch.keeper.stretches import newest_minute
from awry.watch.keeper.thresholds import level_of, read_facts
from awry.watch.messages import Scored
from awry.watch.store.database import Database
from awry.watch.store.models import BundleRow, CalibrationRow, EventRow
from awry.watch.store.results import StoredEvent
from awry.watch.store.scores import LIGHTS, ScoreSpan, detectors, read_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Series = NDArray[np.float64]
LONGEST_S = 31 * 86_400.0
"""So much is replayed at once, at most."""


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
class Replayed(Result):
    """What a threshold or budget would have given, beside what was.

    Attributes:
        camera, bundle: whose scores.
        asked: the budget or threshold, in words.
        since, until: seconds since 1970-01-01 UTC.
        seconds: that were scored in between.
        thresholds: light mode -> threshold; None: there are no events in it.
        how: light mode -> how it came about.
        events: that it would have given, in order of time.
        were: the stored events of that detector, likewise.
    """

    camera: str
    bundle: str
    asked: str
    since: float
    until: float
    seconds: float
    thresholds: Mapping[str, float | None]
    how: Mapping[str, str]
    events: tuple[ReplayedEvent, ...]
    were: tuple[StoredEvent, ...]

    @property
    def new(self) -> tuple[ReplayedEvent, ...]:
        """Events that there were none of."""
        return tuple(event for event in self.events if event.was is None)

    @property
    def gone(self) -> tuple[StoredEvent, ...]:
        """Stored events that there would not have been."""
        return tuple(
            one
            for one in self.were
            if not any(event.start <= one.end and event.end >= one.start for event in self.events)
        )

    @property
    def per_day(self) -> float | None:
        """Events a day of scored time; None: nothing was scored."""
        return 86_400 * len(self.events) / self.seconds if self.seconds else None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values."""
        names = ("camera", "bundle", "asked", "since", "until", "seconds", "per_day")
        return {
            **{name: getattr(self, name) for name in names},
            "thresholds": dict(self.thresholds),
            "how": dict(self.how),
            "events": list(self.rows()),
            "were": [_stored(event) for event in self.were],
            "gone": [event.uid for event in self.gone],
        }

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One for each event that it would have given."""
        names = ReplayedEvent.__slots__
        return [{name: getattr(event, name) for name in names} for event in self.events]

    def draw(self, ax: Axes) -> None:
        """Events over time: those that it would have given above those that were."""
        for height, events in ((1, self.events), (0, self.were)):
            for event in events:
                ax.axvspan(event.start, event.end, height / 2 + 0.05, height / 2 + 0.45)
        ax.set_xlim(self.since, self.until)
        ax.set_yticks([0.25, 0.75], ["were", self.asked])
        ax.set(xlabel="seconds since 1970", title=self.camera)

    def cards(self) -> Sequence[FigureCard]:
        """How many events, how many of them are new, and how many would be gone."""
        rate = "nothing was scored" if self.per_day is None else f"{self.per_day:.3g} a day"
        return [
            FigureCard("events", str(len(self.events)), rate),
            FigureCard("new", str(len(self.new)), f"there were {len(self.were)}"),
            FigureCard("gone", str(len(self.gone)), self.asked),
        ]


def replay(
    database: Database,
    camera: str,
    *,
    budget: str | Budget | None = None,
    threshold: float | None = None,
    since: float | None = None,
    until: float | None = None,
    bundle: str | None = None,
    longest_event_s: float = 300.0,
) -> Replayed:
    """List the events that another budget or threshold would have given on stored scores.

    Events are found as the keeper finds them, from the same numbers. Nothing is written.

    Args:
        database: of the site; one to read is enough.
        camera: its name.
        budget: alarms that would have been allowed, e.g. `1/day`.
        threshold: from which score on it would have alarmed, in every light mode. Without both, it
            is what the camera has now.
        since, until: seconds since 1970-01-01 UTC; None: the last seven days of scores.
        bundle: of which detector; None: the one that scored last.
        longest_event_s: as in the camera's settings.

    Raises:
        ConfigError: both a budget and a threshold, or one that is none.
        InputError: nothing was scored then, or more than 31 days are wanted.
        BundleError: nothing is known of the detector's calibration.
    """
    if budget is not None and threshold is not None:
        raise ConfigError("Give a budget or a threshold: a budget chooses a threshold itself.")
    wanted = None if budget is None else Budget.of(budget)
    if threshold is not None and not np.isfinite(threshold):
        raise ConfigError(f"The threshold is {threshold}; expected a finite number.")
    with database.reading() as session:
        begin, end = _span(session, camera, since, until)
        which = bundle or _newest(session, camera, begin, end)
        scores = read_scores(session, camera, begin, end, bundle=which)
        if not len(scores.times):
            raise InputError(
                f"Camera {camera} has no stored scores of {which} in that time. "
                "Scores are kept as long as `retention: scores_days` says."
            )
        lights = sorted({LIGHTS[number] for number in scores.lights})
        levels = {
            light: _level(session, camera, which, light, wanted, threshold) for light in lights
        }
        were = _were(session, camera, which, begin, end)
    found = list(_found(scores, camera, which, levels, longest_event_s))
    return Replayed(
        camera=camera,
        bundle=which,
        asked=_words(wanted, threshold),
        since=begin,
        until=end,
        seconds=_seconds(scores),
        thresholds={light: level.threshold for light, level in levels.items()},
        how={light: level.how for light, level in levels.items()},
        events=tuple(replace(event, was=_same(event, were)) for event in found),
        were=were,
    )


def _words(budget: Budget | None, threshold: float | None) -> str:
    if threshold is not None:
        return f"threshold {threshold:.4g}"
    return "as it is now" if budget is None else f"budget {budget}"


def _span(
    session: Session, camera: str, since: float | None, until: float | None
) -> tuple[float, float]:
    if until is None:
        newest = newest_minute(session, camera)
        if newest is None:
            raise _nothing(camera)
        until = newest + 60.0
    if since is None:
        since = until - 7 * 86_400.0
    if not since < until:
        raise InputError(f"Scores are wanted from {since:g} to {until:g}; the end must come later.")
    if until - since > LONGEST_S:
        raise InputError(
            f"{(until - since) / 86_400:.0f} days are wanted at once; "
            f"{LONGEST_S / 86_400:.0f} at most are replayed."
        )
    return since, until


def _nothing(camera: str) -> InputError:
    return InputError(
        f"Camera {camera} has no stored scores in that time. Check its name and the times; "
        "scores are kept as long as `retention: scores_days` says."
    )


def _newest(session: Session, camera: str, since: float, until: float) -> str:
    """The detector that alarmed last in a stretch; else any that scored in it."""
    names = detectors(session, camera, since, until)
    if not names:
        raise _nothing(camera)
    wanted = (
        select(CalibrationRow.bundle)
        .where(CalibrationRow.camera == camera, CalibrationRow.bundle.in_(names))
        .order_by(CalibrationRow.at.desc())
    )
    trying = select(BundleRow.path).where(BundleRow.camera == camera, BundleRow.state == "shadow")
    shadows = tuple(session.scalars(trying))
    known = [name for name in session.scalars(wanted) if not name.endswith(shadows or ("\0",))]
    return known[0] if known else names[-1]


def _level(
    session: Session,
    camera: str,
    bundle: str,
    light: str,
    budget: Budget | None,
    threshold: float | None,
) -> Level:
    key = (camera, bundle, light)
    row = session.get(CalibrationRow, key)
    if row is not None and row.facts.get("scene"):
        calibration = Calibration.from_json(row.facts["scene"])
        scene = calibration.scene("*")
    else:
        facts = read_facts(Path(bundle))
        calibration, scene = facts.calibration, facts.scene(None)
    options = calibration.options
    if threshold is not None:
        return Level(float(threshold), scene.location, options, "Given by hand.")
    if budget is None and row is not None:
        return Level(row.threshold, row.normal, options, row.how)
    if budget is not None and scene.normal_alarms is None:
        raise BundleError(
            f"The detector {bundle} keeps no more than a threshold, so no other budget can be "
            "replayed; give a threshold."
        )
    return level_of(scene, options, budget, said_of(session, key))


def _found(
    scores: ScoreSpan,
    camera: str,
    bundle: str,
    levels: Mapping[str, Level],
    longest_s: float,
) -> Iterator[ReplayedEvent]:
    """The events of each connection and light mode by itself, as `EventStream` finds them."""
    other = (np.diff(scores.sessions) != 0) | (np.diff(scores.lights) != 0)
    bounds = [0, *(np.flatnonzero(other) + 1).tolist(), len(scores.times)]
    for first, last in pairwise(bounds):
        light = LIGHTS[int(scores.lights[first])]
        level = levels[light]
        if level.threshold is None:
            continue
        values = scores.scores[first:last].astype(np.float64)
        times = scores.times[first:last]
        for begin, end in find_runs(values, level.threshold, level.options, level.normal):
            part = slice(begin, end + 1)
            if times[end] - times[begin] < longest_s:
                yield _event(times[part], values[part], light)
            else:
                stream = EventStream(camera, bundle, longest_s)
                yield from _cut(stream, times[part], values[part], light, level)


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


def _were(
    session: Session, camera: str, bundle: str, since: float, until: float
) -> tuple[StoredEvent, ...]:
    wanted = (
        select(EventRow)
        .where(EventRow.camera == camera, EventRow.bundle == bundle)
        .where(EventRow.start < until, EventRow.end >= since)
        .order_by(EventRow.start)
    )
    names = [name for name in StoredEvent.__slots__ if name != "clips"]
    return tuple(
        StoredEvent(**{name: getattr(row, name) for name in names})
        for row in session.scalars(wanted)
    )


def _same(event: ReplayedEvent, were: Sequence[StoredEvent]) -> str | None:
    for one in were:
        if event.start <= one.end and event.end >= one.start:
            return one.uid
    return None


def _seconds(scores: ScoreSpan) -> float:
    """How long was scored, without the gaps."""
    steps = np.diff(scores.times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    return float(np.minimum(steps, max(5 * usual, UNITS["minute"] / 60)).sum()) + usual


def _stored(event: StoredEvent) -> dict[str, Any]:
    names = ("uid", "start", "end", "score", "light", "told", "silent", "label")
    return {name: getattr(event, name) for name in names}
