"""The first page: all cameras as they are now, and what just happened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from awry.pages import language_of
from awry.watch.web.access import Caller
from awry.watch.web.api import Api, TheApi
from awry.watch.web.pages.cards import EventCard, card_of
from awry.watch.web.pages.shell import Viewer, shown
from awry.watch.web.pages.state_words import flag_words, state_words, watching_words
from awry.watch.web.pages.summary import summary_of
from awry.watch.web.routes.events import list_events
from awry.watch.web.routes.timeline import overview

router = APIRouter(include_in_schema=False)
MOST_EVENTS = 50
"""So many stand at the side."""


@router.get("/")
def now(
    api: TheApi, request: Request, caller: Viewer, wall: Annotated[bool, Query()] = False
) -> Response:
    """All cameras, and the newest events; `wall`: for a monitor that nobody operates."""
    values = _tiles(api, request, caller)
    events = _events(api, request, caller)
    return shown(api, request, caller, "now.html", **values, events=events, wall=wall)


@router.get("/ui/now/tiles")
def tiles(api: TheApi, request: Request, caller: Viewer) -> Response:
    """All cameras anew, for a page that is open."""
    return shown(api, request, caller, "now_tiles.html", **_tiles(api, request, caller))


@router.get("/ui/now/events")
def newest(api: TheApi, request: Request, caller: Viewer) -> Response:
    """The newest events anew, for a page that is open."""
    events = _events(api, request, caller)
    return shown(api, request, caller, "now_events.html", events=events)


def _tiles(api: Api, request: Request, caller: Caller) -> dict[str, Any]:
    language = language_of(request.scope)
    found = overview(api, caller)
    return {
        "overview": found,
        "summary": summary_of(found.cameras, language),
        "states": state_words(language),
        "flags": flag_words(language),
        "watches": watching_words(language),
    }


def _events(api: Api, request: Request, caller: Caller) -> list[EventCard]:
    language = language_of(request.scope)
    return [card_of(one, language) for one in list_events(api, caller, limit=MOST_EVENTS).events]
