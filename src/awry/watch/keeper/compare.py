"""Two detectors of a camera on the same past: what each would have given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.scoring.rates import rate_interval
from awry.watch.keeper.again import (
    ReplayedEvent,
    events_of,
    find_again,
    first_touching,
    scored_seconds,
)
from awry.watch.keeper.replay import stored_events_of, with_stored
from awry.watch.keeper.stored_levels import StoredLevel
from awry.watch.keeper.tried_budgets import DAY_S, MOST_CUT, MOST_EVENTS
from awry.watch.store.database import Database
from awry.watch.store.models import ScoreRow
from awry.watch.store.results import StoredEvent
from awry.watch.store.scores import LIGHTS, ScoreSpan, read_scores

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Side:
    """What a detector would have given.

    Attributes:
        bundle: the detector.
        thresholds: light mode -> what it is judged by now; None: there are no events in it.
        seconds: that it scored.
        endless: it would have alarmed nearly all the time; its events are not listed then.
        events: that it would have given, in order of time.
        abnormal, normal: uids of events judged so that it finds, by whatever detector they came.
    """

    bundle: str
    thresholds: Mapping[str, float | None]
    seconds: float
    endless: bool
    events: tuple[ReplayedEvent, ...]
    abnormal: tuple[str, ...]
    normal: tuple[str, ...]

    @property
    def per_day(self) -> float:
        """Events a day of scored time."""
        return DAY_S * len(self.events) / self.seconds

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of that rate."""
        return rate_interval(len(self.events), self.seconds / DAY_S)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two detectors on the minutes that both have scored.

    Attributes:
        camera: whose.
        since, until: of these minutes, seconds since 1970-01-01 UTC.
        were: stored events of that time, by whatever detector, oldest first.
        first, second: the two.
    """

    camera: str
    since: float
    until: float
    were: tuple[StoredEvent, ...]
    first: Side
    second: Side


def compare(
    database: Database,
    camera: str,
    first: str,
    second: str,
    *,
    days: float = 7.0,
    longest_event_s: float = 300.0,
) -> Compared:
    """What two detectors would have given on the newest days that both have scored.

    Each is judged by the threshold that it has now. Minutes that one of them alone has scored do
    not count. Nothing is written.

    Args:
        database: of the site; one to read is enough.
        camera: its name.
        first, second: the detectors, as their scores name them.
        days: how far back from the newest minute of both.
        longest_event_s: as in the camera's settings.

    Raises:
        InputError: it is one detector, or they have no minute in common.
        BundleError: nothing is known of a detector's calibration.
    """
    if first == second:
        raise InputError(f"{first} cannot be compared with itself; name two detectors.")
    with database.reading() as session:
        minutes = _common(session, camera, first, second, days)
        since, until = float(minutes[0]), float(minutes[-1] + _MINUTE)
        stored = stored_events_of(session, camera, None, since, until)
        given = [
            (name, *_scored(session, (camera, name), minutes, since, until))
            for name in (first, second)
        ]
    sides = [
        _side((camera, name), scores, known, stored, longest_event_s)
        for name, scores, known in given
    ]
    return Compared(camera, since, until, stored, *sides)


def _common(session: Session, camera: str, first: str, second: str, days: float) -> list[int]:
    """The newest minutes that both have scored, in order.

    Raises:
        InputError: there is none.
    """
    theirs = []
    for name in (first, second):
        wanted = select(ScoreRow.minute).where(ScoreRow.camera == camera, ScoreRow.bundle == name)
        theirs.append(set(session.scalars(wanted)))
    both = sorted(theirs[0] & theirs[1])
    if not both:
        raise InputError(
            f"{first} and {second} have scored no minute of camera {camera} in common, so they "
            "cannot be compared."
        )
    return [minute for minute in both if minute > both[-1] - days * DAY_S]


def _scored(
    session: Session,
    whose: tuple[str, str],
    minutes: Sequence[int],
    since: float,
    until: float,
) -> tuple[ScoreSpan, dict[str, StoredLevel]]:
    scores = within(read_scores(session, whose[0], since, until, bundle=whose[1]), minutes)
    lights = [LIGHTS[number] for number in np.unique(scores.lights)]
    return scores, {light: StoredLevel.of(session, (*whose, light)) for light in lights}


def within(scores: ScoreSpan, minutes: Sequence[int]) -> ScoreSpan:
    """The scores of some minutes alone; what is left out in between is a break."""
    kept = np.isin(scores.times // _MINUTE * _MINUTE, np.asarray(minutes, np.float64))
    places = np.flatnonzero(kept)
    breaks = (np.diff(places) > 1) | (np.diff(scores.sessions[places]) != 0)
    sessions = np.concatenate([[0], np.cumsum(breaks)])[: len(places)].astype(np.int32)
    return ScoreSpan(scores.times[places], scores.scores[places], scores.lights[places], sessions)


def _side(
    whose: tuple[str, str],
    scores: ScoreSpan,
    known: Mapping[str, StoredLevel],
    stored: Sequence[StoredEvent],
    longest_s: float,
) -> Side:
    levels = {light: one.level() for light, one in known.items()}
    runs = find_again(scores, levels, longest_s)
    cut = sum(run.last - run.first + 1 for run in runs if run.cut)
    endless = len(runs) > MOST_EVENTS or cut > MOST_CUT
    events = () if endless else tuple(events_of(scores, runs, whose, levels, longest_s))
    spans = [(float(scores.times[run.first]), float(scores.times[run.last])) for run in runs]
    found = _touched(stored, spans)
    return Side(
        bundle=whose[1],
        thresholds={light: level.threshold for light, level in levels.items()},
        seconds=scored_seconds(scores),
        endless=endless,
        events=with_stored(events, stored),
        abnormal=tuple(one.uid for one in found if one.label == "abnormal"),
        normal=tuple(one.uid for one in found if one.label == "normal"),
    )


def _touched(
    stored: Sequence[StoredEvent], spans: Sequence[tuple[float, float]]
) -> list[StoredEvent]:
    starts, ends = [one.start for one in stored], [one.end for one in stored]
    places = first_touching(starts, ends, sorted(spans))
    return [one for one, place in zip(stored, places, strict=True) if place is not None]
