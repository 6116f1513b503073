"""Another threshold or budget on scores that are stored: which events it would have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.errors import ConfigError, InputError
from awry.results import FigureCard, Result
from awry.scoring.calibration import Budget
from awry.watch.keeper.again import (
    ReplayedEvent,
    events_of,
    find_again,
    first_touching,
    scored_seconds,
)
from awry.watch.keeper.events import Level
from awry.watch.keeper.stored_levels import StoredLevel
from awry.watch.keeper.stretches import newest_minute
from awry.watch.store.database import Database
from awry.watch.store.models import BundleRow, EventRow, ScoreRow
from awry.watch.store.results import StoredEvent
from awry.watch.store.scores import LIGHTS, read_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_S = 31 * 86_400.0
"""So much is replayed at once, at most."""


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
        places = first_touching(*_spans(self.were), _in_order(self.events))
        return tuple(one for one, place in zip(self.were, places, strict=True) if place is None)

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
        which = bundle or newest_detector(session, camera, begin, end)
        scores = read_scores(session, camera, begin, end, bundle=which)
        if not len(scores.times):
            raise InputError(
                f"Camera {camera} has no stored scores of {which} in that time. "
                "Scores are kept as long as `retention: scores_days` says."
            )
        lights = [LIGHTS[number] for number in np.unique(scores.lights)]
        levels = {
            light: _level(StoredLevel.of(session, (camera, which, light)), wanted, threshold)
            for light in lights
        }
        were = stored_events_of(session, camera, which, begin, end)
    runs = find_again(scores, levels, longest_event_s)
    found = events_of(scores, runs, (camera, which), levels, longest_event_s)
    return Replayed(
        camera=camera,
        bundle=which,
        asked=_words(wanted, threshold),
        since=begin,
        until=end,
        seconds=scored_seconds(scores),
        thresholds={light: level.threshold for light, level in levels.items()},
        how={light: level.how for light, level in levels.items()},
        events=with_stored(list(found), were),
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


def newest_detector(session: Session, camera: str, since: float, until: float) -> str:
    """The detector that scored last in a stretch, one that only tries left out; else any.

    Raises:
        InputError: nothing was scored.
    """
    newest = func.max(ScoreRow.minute)
    wanted = (
        select(ScoreRow.bundle)
        .where(ScoreRow.camera == camera)
        .where(ScoreRow.minute > since - 60, ScoreRow.minute < until)
        .group_by(ScoreRow.bundle)
        .order_by(newest.desc(), ScoreRow.bundle)
    )
    names = session.scalars(wanted).all()
    if not names:
        raise _nothing(camera)
    trying = select(BundleRow.path).where(BundleRow.camera == camera, BundleRow.state == "shadow")
    shadows = tuple(session.scalars(trying))
    return next((name for name in names if not name.endswith(shadows or ("\0",))), names[0])


def _level(known: StoredLevel, budget: Budget | None, threshold: float | None) -> Level:
    return known.level(budget) if threshold is None else known.by_hand(threshold)


def with_stored(
    events: Sequence[ReplayedEvent], were: Sequence[StoredEvent]
) -> tuple[ReplayedEvent, ...]:
    """The same events, each with the first stored one that shares time with it."""
    places = first_touching(*_spans(events), [(one.start, one.end) for one in were])
    return tuple(
        event if place is None else replace(event, was=were[place].uid)
        for event, place in zip(events, places, strict=True)
    )


def _spans(events: Sequence[ReplayedEvent | StoredEvent]) -> tuple[list[float], list[float]]:
    return [one.start for one in events], [one.end for one in events]


def _in_order(events: Sequence[ReplayedEvent]) -> list[tuple[float, float]]:
    return sorted((one.start, one.end) for one in events)


def stored_events_of(
    session: Session, camera: str, bundle: str | None, since: float, until: float
) -> tuple[StoredEvent, ...]:
    """The stored events of a detector that lie at least partly in a time, oldest first.

    Args:
        session: a unit of reading.
        camera: whose.
        bundle: the detector; None: of all.
        since, until: seconds since 1970-01-01 UTC.
    """
    wanted = (
        select(EventRow)
        .where(EventRow.camera == camera, EventRow.start < until, EventRow.end >= since)
        .order_by(EventRow.start)
    )
    if bundle is not None:
        wanted = wanted.where(EventRow.bundle == bundle)
    names = [name for name in StoredEvent.__slots__ if name != "clips"]
    return tuple(
        StoredEvent(**{name: getattr(row, name) for name in names})
        for row in session.scalars(wanted)
    )


def _stored(event: StoredEvent) -> dict[str, Any]:
    names = ("uid", "start", "end", "score", "light", "told", "silent", "label")
    return {name: getattr(event, name) for name in names}
