"""The timeline: any day, one or more cameras in rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from awry.pages import language_of
from awry.watch.days import EARLIEST, LATEST, day_of, day_span
from awry.watch.site.schedule import zone_of
from awry.watch.web.access import Caller
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.timeline import Timeline
from awry.watch.web.pages.shell import Viewer, shown
from awry.watch.web.pages.state_words import flag_words, state_words
from awry.watch.web.routes.cameras import list_cameras
from awry.watch.web.routes.timeline import MOST_CAMERAS, timeline

router = APIRouter(include_in_schema=False)
MOST_ENTRIES = 500
"""So many rows the table has."""
_BAD = ("stalled", "back-off", "misconfigured", "quarantined", "degraded")
Day = Annotated[str, Query(max_length=10)]
Names = Annotated[list[str], Query(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table.

    Attributes:
        at: when it began; `until`: when it ended, None: it lasts.
        camera: whose.
        kind: `event`, `gap`, `state` or `flag`.
        name: of the state or flag; an event's uid.
        detail: a sentence; of an event `told` or `silent`.
    """

    at: float
    until: float | None
    camera: str
    kind: str
    name: str
    detail: str


@router.get("/timeline")
def page(
    api: TheApi,
    request: Request,
    caller: Viewer,
    day: Day = "",
    camera: Names = [],  # noqa: B006
) -> Response:
    """A day of some cameras; what else the address holds is for the browser."""
    zone = zone_of(api.settings.timezone)
    today = day_of(api.clock.now(), zone)
    chosen = _day(day, today)
    since, until = day_span(chosen, zone)
    there, names = _names(api, caller, camera)
    language = language_of(request.scope)
    return shown(
        api,
        request,
        caller,
        "timeline.html",
        day=chosen.isoformat(),
        today=today.isoformat(),
        since=since,
        until=until,
        names=names,
        cameras=there,
        before=_address(chosen - timedelta(days=1), camera),
        after=_address(chosen + timedelta(days=1), camera) if chosen < today else "",
        now_address=_address(today, camera),
        states=state_words(language),
        flags=flag_words(language),
    )


@router.get("/ui/timeline/table")
def table(
    api: TheApi,
    request: Request,
    caller: Viewer,
    day: Day = "",
    camera: Names = [],  # noqa: B006
) -> Response:
    """What was on a day as a table, for those who do not see the rows."""
    today = day_of(api.clock.now(), zone_of(api.settings.timezone))
    _, names = _names(api, caller, camera)
    found = timeline(api, caller, names, _day(day, today), bins=0)
    entries = entries_of(found)
    language = language_of(request.scope)
    return shown(
        api,
        request,
        caller,
        "timeline_table.html",
        entries=entries[:MOST_ENTRIES],
        cut=len(entries) > MOST_ENTRIES or any(row.left_out for row in found.rows),
        states=state_words(language),
        flags=flag_words(language),
    )


def _names(api: Api, caller: Caller, wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """All cameras, and the chosen ones; what an address asks for and there is not is left out."""
    there = [one.name for one in list_cameras(api, caller).cameras]
    names = [one for one in dict.fromkeys(wanted) if one in there][:MOST_CAMERAS]
    return there, names or there[:MOST_CAMERAS]


def entries_of(found: Timeline) -> list[Entry]:
    """What a timeline shows as rows of a table, newest first.

    States are among them where a camera did not watch as it should.
    """
    entries = []
    for row in found.rows:
        entries += [
            Entry(one.start, one.end, row.camera, "event", one.uid, _told(one.told))
            for one in row.events
        ]
        for kind, spans in (("gap", row.gaps), ("state", row.states), ("flag", row.flags)):
            entries += [
                Entry(one.since, one.until, row.camera, kind, one.kind, one.detail)
                for one in spans
                if kind != "state" or one.kind in _BAD
            ]
    return sorted(entries, key=lambda one: (-one.at, one.camera, one.kind))


def _told(told: bool) -> str:
    return "told" if told else "silent"


def _day(text: str, today: date) -> date:
    """The day of an address; today where it is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if EARLIEST < found < LATEST else today


def _address(day: date, cameras: Sequence[str]) -> str:
    query = [("day", day.isoformat()), *(("camera", name) for name in cameras)]
    return f"/timeline?{urlencode(query)}"
