"""The events of a site: found, played, judged."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from awry.pages import language_of
from awry.watch.web.access import Caller
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import EventUid
from awry.watch.web.bodies.events import Events
from awry.watch.web.pages.bars import bars_of
from awry.watch.web.pages.cards import card_of, cards_of, factor_in, silences
from awry.watch.web.pages.shell import Viewer, shown
from awry.watch.web.refusals import RefusedError
from awry.watch.web.routes.cameras import list_calibrations, list_cameras
from awry.watch.web.routes.events import (
    list_events,
    list_judgements,
    list_neighbours,
    list_parts,
    one_event,
    seen_event,
)

router = APIRouter(include_in_schema=False)
Found = Annotated[Events, Depends(partial(list_events, together=True, limit=24))]
"""Events that the address asks for, as `list_events` does."""
MOST_CARDS = 100
Uid = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/events")
def events(api: TheApi, request: Request, caller: Viewer, found: Found) -> Response:
    """All events, to be found and judged."""
    language = language_of(request.scope)
    return shown(
        api,
        request,
        caller,
        "events.html",
        **_list(found, caller, language),
        cameras=[one.name for one in list_cameras(api, caller, removed=True).cameras],
        chosen=chosen(request.query_params),
        silences=silences(language),
        parts=[(one, one.replace("_", " ")) for one in list_parts(api, caller).parts],
    )


@router.get("/events/{uid}")
def event(api: TheApi, request: Request, caller: Viewer, uid: EventUid) -> Response:
    """One event with all that is known of it."""
    return _event(api, request, caller, uid, "event.html")


@router.get("/ui/events/{uid}/details")
def details(api: TheApi, request: Request, caller: Viewer, uid: EventUid) -> Response:
    """What is known of an event, beside its clip."""
    return _event(api, request, caller, uid, "event_details.html")


def _event(api: Api, request: Request, caller: Caller, uid: str, template: str) -> Response:
    stored = seen_event(api, caller, uid)
    found = one_event(api, stored)
    near = list_neighbours(api, stored)
    return shown(
        api,
        request,
        caller,
        template,
        one=card_of(found, language_of(request.scope)),
        facts=found.model_dump_json(),
        bars=bars_of(found, list_calibrations(api, caller, found.camera).calibrations),
        factor=partial(factor_in, language=language_of(request.scope)),
        judgements=list_judgements(api, stored).judgements,
        before=near.before,
        after=near.after,
        judge=caller.may("feedback"),
    )


@router.get("/ui/events")
def some(api: TheApi, request: Request, caller: Viewer, found: Found) -> Response:
    """The cards of events, as the address asks for them."""
    values = _list(found, caller, language_of(request.scope))
    return shown(api, request, caller, "events_list.html", **values)


@router.get("/ui/cards")
def cards(
    api: TheApi,
    request: Request,
    caller: Viewer,
    uid: Annotated[list[Uid], Query(min_length=1, max_length=MOST_CARDS)],
) -> Response:
    """The cards of certain events, each by itself; those that are not there are left out."""
    language = language_of(request.scope)
    there = []
    for one in uid:
        with suppress(RefusedError):
            there.append(card_of(one_event(api, seen_event(api, caller, one)), language))
    values = {"judge": caller.may("feedback"), "select": True, "grid": True}
    return shown(api, request, caller, "event_card.html", cards=there, **values)


@router.get("/ui/events/{uid}")
def card(
    api: TheApi,
    request: Request,
    caller: Viewer,
    uid: EventUid,
    select: Annotated[bool, Query()] = False,
) -> Response:
    """An event as a card, for pages where it is new or has changed."""
    event = one_event(api, seen_event(api, caller, uid))
    values = {"judge": caller.may("feedback"), "select": select, "grid": False}
    one = card_of(event, language_of(request.scope))
    return shown(api, request, caller, "event_card.html", cards=[one], **values)


def _list(found: Events, caller: Caller, language: str) -> dict[str, Any]:
    cards = cards_of(found, language)
    return {"cards": cards, "next": found.next, "judge": caller.may("feedback")}


def chosen(query: QueryParams) -> Mapping[str, Any]:
    """What the address asks for, as the form shows it."""
    given = {name: query.get(name, "") for name in ("label", "since", "until", "state", "part")}
    told = f"told:{query['told']}" if query.get("told") else ""
    if query.get("silent"):
        told = f"silent:{query['silent']}"
    flags = {name: query.get(name, "") in ("true", "1") for name in ("pinned", "shadow")}
    cameras = query.getlist("camera")
    more = sum(bool(given[name]) for name in ("since", "until", "state", "part"))
    more += sum(flags.values())
    asked = bool(more or told or given["label"] or cameras)
    return {**given, **flags, "told": told, "camera": cameras, "more": more, "any": asked}
