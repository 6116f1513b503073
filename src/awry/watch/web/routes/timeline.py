"""Several cameras at once: how they are now, and what was in a stretch of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from awry.watch.days import EARLIEST, LATEST, day_of, day_span
from awry.watch.site.schedule import zone_of
from awry.watch.store.calibrations import budgets
from awry.watch.store.models import EventRow
from awry.watch.store.read import EventFilter, cameras, clips_of, event_search, flags, gaps, states
from awry.watch.store.results import Span, StoredCamera
from awry.watch.store.strips import Levels, strips
from awry.watch.watching import ORDER, stale, watching
from awry.watch.web.access import Caller, Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import Since, Until
from awry.watch.web.bodies.cameras import CameraBody, SpanBody
from awry.watch.web.bodies.timeline import (
    Overview,
    OverviewCamera,
    Timeline,
    TimelineEvent,
    TimelineRow,
)
from awry.watch.web.daily_budgets import daily_budgets
from awry.watch.web.refusals import RefusedError, refusals

router = APIRouter(prefix="/api/v1", tags=["cameras"], responses=refusals(401, 403, 422, 503))
MOST_CAMERAS = 64
"""So many at once."""
MOST_EVENTS = 500
"""Of a camera, at once; the newest."""
_MOST_SPANS = 1000
_LONGEST_S = 31 * 86_400.0
_LOOK_BACK_S = 3600.0  # for events that began before; few settings let one last longer
_NEWEST = 5
_OF_EVENT = (
    EventRow.uid,
    EventRow.start,
    EventRow.end,
    EventRow.peak_at,
    EventRow.state,
    EventRow.told,
    EventRow.label,
    EventRow.media,
    EventRow.picture,
)
_HOUR_S = 3600.0
Names = Annotated[
    list[Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]],
    Query(max_length=MOST_CAMERAS, description="Only these; may be given more than once."),
]
Bins = Annotated[int, Query(ge=0, le=5000, description="How many bins of levels; 0: none.")]


@router.get("/overview")
def overview(
    api: TheApi,
    caller: Reader,
    hours: Annotated[
        float, Query(gt=0, le=48, allow_inf_nan=False, description="Of levels, until now.")
    ] = 3.0,
    bins: Bins = 180,
) -> Overview:
    """All cameras that the caller may see at a glance: those that need somebody first."""
    now, zone = api.clock.now(), _zone(api)
    today = day_of(now, zone).isoformat()
    since = now - hours * _HOUR_S
    allowed = daily_budgets(api.settings.config)
    with api.reading() as session:
        seen = [one for one in cameras(session) if caller.sees(one.name)]
        spent = {one.camera: one for one in budgets(session, since=today) if one.day == today}
        levels = _levels(session, [one.name for one in seen], since, now, bins)
        newest = {one.name: _newest(session, one.name) for one in seen}
    found = [
        OverviewCamera(
            camera=CameraBody.model_validate(one),
            watching=watching(one, now),
            stale=stale(one, now),
            alarms=spent[one.name].alarms if one.name in spent else 0,
            allowed=allowed.get(one.name),
            spent_at=spent[one.name].spent_at if one.name in spent else None,
            newest=newest[one.name],
            levels=levels[one.name],
        )
        for one in seen
    ]
    found.sort(key=lambda one: (ORDER.index(one.watching), one.camera.name))
    return Overview(now=now, day=today, since=since, until=now, cameras=found)


@router.get("/timeline", responses=refusals(404))
def timeline(
    api: TheApi,
    caller: Reader,
    camera: Names = [],  # noqa: B006
    day: Annotated[
        date | None,
        Query(description="A whole day of the site's time zone, in place of `since` and `until`."),
    ] = None,
    since: Since = None,
    until: Until = None,
    bins: Bins = 1440,
) -> Timeline:
    """What was with several cameras at once: today by default, 31 days at most."""
    now, zone = api.clock.now(), _zone(api)
    first, last = _stretch(day, since, until, now, zone)
    with api.reading() as session:
        names = _names(cameras(session, removed=True), caller, camera)
        levels = _levels(session, names, first, last, bins)
        rows = [_row(session, name, first, last, levels[name]) for name in names]
    return Timeline(
        zone=zone.key,
        day=day_of(first, zone).isoformat(),
        since=first,
        until=last,
        now=now,
        rows=rows,
    )


def short(levels: Levels) -> list[float | None]:
    """Levels for a browser: three digits behind the point are more than can be seen."""
    rounded = levels.astype(np.float64).round(3).tolist()
    return [None if math.isnan(one) else one for one in rounded]


def _levels(
    session: Session, names: Sequence[str], since: float, until: float, bins: int
) -> dict[str, list[float | None]]:
    if not bins:
        return {name: [] for name in names}
    found = strips(session, names, since, until, bins)
    return {name: short(levels) for name, levels in found.items()}


def _zone(api: Api) -> ZoneInfo:
    return zone_of(api.settings.timezone)


def _stretch(
    day: date | None, since: float | None, until: float | None, now: float, zone: ZoneInfo
) -> tuple[float, float]:
    if since is None and until is None:
        chosen = day_of(now, zone) if day is None else day
        if not EARLIEST <= chosen <= LATEST:
            raise RefusedError(422, f"The day is given as YYYY-MM-DD, from {EARLIEST} on.")
        return day_span(chosen, zone)
    if day is not None or since is None or until is None:
        raise RefusedError(422, "Either a `day` is given, or both `since` and `until`.")
    if not 0 < until - since <= _LONGEST_S:
        raise RefusedError(422, "A timeline goes from `since` to `until`, at most 31 days.")
    return since, until


def _names(known: Sequence[StoredCamera], caller: Caller, wanted: Sequence[str]) -> list[str]:
    if not wanted:
        seen = [one.name for one in known if one.removed is None and caller.sees(one.name)]
        return seen[:MOST_CAMERAS]
    there = {one.name for one in known}
    for name in wanted:
        caller.check(name)
        if name not in there:
            raise RefusedError(404, f"There is no camera {name!r}.")
    return list(dict.fromkeys(wanted))


def _row(
    session: Session, camera: str, since: float, until: float, levels: list[float | None]
) -> TimelineRow:
    events = _events(session, camera, since, until)
    return TimelineRow(
        camera=camera,
        levels=levels,
        events=events[:MOST_EVENTS][::-1],
        left_out=len(events) > MOST_EVENTS,
        gaps=_spans(gaps(session, camera, since=since, until=until)),
        states=_spans(states(session, camera, since=since, until=until)),
        flags=_spans(flags(session, camera, since=since, until=until)),
    )


def _events(session: Session, camera: str, since: float, until: float) -> list[TimelineEvent]:
    """Events that lie at least partly in the stretch, newest first, one more than are shown."""
    wanted = EventFilter(since=since - _LOOK_BACK_S, until=until)
    search = event_search(wanted, camera).where(EventRow.end >= since).limit(MOST_EVENTS + 1)
    rows = session.execute(search.with_only_columns(*_OF_EVENT)).all()
    clips = clips_of(session, [row.uid for row in rows])
    return [
        TimelineEvent(
            uid=row.uid,
            start=row.start,
            end=row.end,
            peak_at=row.peak_at,
            state=row.state,
            told=row.told,
            label=row.label,
            picture=row.media == "kept" and bool(row.picture),
            clips=[(one.part, one.start, one.end) for one in clips.get(row.uid, ()) if one.there],
        )
        for row in rows
    ]


def _spans(found: Sequence[Span]) -> list[SpanBody]:
    return [SpanBody.model_validate(one) for one in found[-_MOST_SPANS:]]


def _newest(session: Session, camera: str) -> str | None:
    """Uid of the newest event whose picture is kept, among the newest few."""
    search = event_search(EventFilter(), camera).limit(_NEWEST)
    rows = session.execute(search.with_only_columns(*_OF_EVENT))
    return next((row.uid for row in rows if row.media == "kept" and row.picture), None)
