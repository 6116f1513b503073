"""Events: found, shown, judged and pinned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from awry.errors import InputError
from awry.watch.requests import Judge, Pin, Unjudge, Unpin
from awry.watch.store.read import EventFilter
from awry.watch.store.read import event as stored_event
from awry.watch.store.read import events as stored_events
from awry.watch.store.results import StoredClip, StoredEvent
from awry.watch.web.access import Caller, May, Operator, Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import Done, EventUid, Since, Until
from awry.watch.web.bodies.events import ClipBody, EventBody, Events, Judging, RegionBody
from awry.watch.web.refusals import RefusedError, refusals

ROOT = "/api/v1"
router = APIRouter(prefix=ROOT, tags=["events"], responses=refusals(401, 403, 422, 503))
Yes = Annotated[bool | None, Query(description="Only those where it is so, or is not.")]


def seen_event(api: Api, caller: Caller, uid: str) -> StoredEvent:
    """An event that the caller may see.

    Raises:
        RefusedError: 404 there is none; 403 it is of another camera.
    """
    with api.reading() as session:
        found = stored_event(session, uid)
    if found is None:
        raise RefusedError(404, "There is no such event.")
    caller.check(found.camera)
    return found


def _readable(
    api: TheApi, caller: Annotated[Caller, Depends(May("read"))], uid: EventUid
) -> StoredEvent:
    return seen_event(api, caller, uid)


def _judgeable(
    api: TheApi, caller: Annotated[Caller, Depends(May("feedback"))], uid: EventUid
) -> StoredEvent:
    return seen_event(api, caller, uid)


Readable = Annotated[StoredEvent, Depends(_readable)]
Judgeable = Annotated[StoredEvent, Depends(_judgeable)]


@router.get("/events", responses=refusals(404))
def list_events(
    api: TheApi,
    caller: Reader,
    camera: Annotated[
        list[Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]],
        Query(max_length=200, description="Only theirs; may be given more than once."),
    ] = [],  # noqa: B006
    since: Since = None,
    until: Until = None,
    state: Annotated[
        str | None, Query(pattern="^(open|ended)$", description="Only in this state.")
    ] = None,
    told: Yes = None,
    pinned: Yes = None,
    label: Annotated[
        str | None,
        Query(
            pattern="^(abnormal|normal|none)$",
            description="As a person said; `none`: nobody said anything.",
        ),
    ] = None,
    light: Annotated[
        str | None, Query(pattern="^(day|infrared)$", description="Only of this mode.")
    ] = None,
    least: Annotated[
        float | None, Query(allow_inf_nan=False, description="Scores of that and more.")
    ] = None,
    shadow: Annotated[
        bool, Query(description="Those of detectors that only try, instead of the others.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=500, description="At most so many.")] = 50,
    cursor: Annotated[
        str | None,
        Query(
            pattern=r"^-?[0-9][0-9.e+-]{0,30}_[A-Za-z0-9_-]{1,64}$",
            description="`next` of the page before.",
        ),
    ] = None,
) -> Events:
    """Events, newest first, page by page."""
    for name in camera:
        caller.check(name)
    wanted = EventFilter(
        cameras=camera or (None if caller.cameras is None else sorted(caller.cameras)),
        since=since,
        until=until,
        state=state,
        told=told,
        pinned=pinned,
        label=label,
        light=light,
        least=least,
        shadow=shadow,
    )
    with api.reading() as session:
        try:
            page = stored_events(session, wanted, limit=limit, cursor=cursor)
        except InputError as error:
            raise RefusedError(422, str(error)) from error
    return Events(events=[shown(one) for one in page.events], next=page.next)


@router.get("/events/{uid}", responses=refusals(404))
def one_event(event: Readable) -> EventBody:
    """An event with its clips."""
    return shown(event)


@router.put("/events/{uid}/judgement", responses=refusals(404, 409))
def judge(api: TheApi, caller: Operator, event: Judgeable, given: Judging) -> Done:
    """Say what an event was; the threshold follows. The last word counts."""
    api.write(Judge(event=event.uid, label=given.label, note=given.note), caller.name)
    return Done(done=True)


@router.delete("/events/{uid}/judgement", responses=refusals(404, 409))
def take_back(api: TheApi, caller: Operator, event: Judgeable) -> Done:
    """Take back what was said of an event."""
    api.write(Unjudge(event=event.uid), caller.name)
    return Done(done=True)


@router.put("/events/{uid}/pin", responses=refusals(404, 409))
def pin(api: TheApi, caller: Operator, event: Judgeable) -> Done:
    """Keep an event and its clips, whatever retention says."""
    api.write(Pin(event=event.uid), caller.name)
    return Done(done=True)


@router.delete("/events/{uid}/pin", responses=refusals(404, 409))
def unpin(api: TheApi, caller: Operator, event: Judgeable) -> Done:
    """Let retention delete an event's clips again."""
    api.write(Unpin(event=event.uid), caller.name)
    return Done(done=True)


def shown(event: StoredEvent) -> EventBody:
    """An event as the API gives it: addresses of its files in place of their paths."""
    address = f"{ROOT}/events/{event.uid}"
    kept = event.media == "kept"
    return EventBody(
        uid=event.uid,
        camera=event.camera,
        state=event.state,
        start=event.start,
        end=event.end,
        peak_at=event.peak_at,
        score=_finite(event.score),
        threshold=_finite(event.threshold),
        bundle=event.bundle,
        shadow=event.shadow,
        light=event.light,
        parts=_parts(event.parts),
        regions=[_region(one) for one in event.regions],
        reason=event.reason,
        told=event.told,
        silent=event.silent,
        label=event.label,
        pinned=event.pinned,
        media=event.media,
        clips=[_clip(address, one) for one in event.clips],
        picture=f"{address}/picture" if kept and event.picture else None,
        annotated=f"{address}/annotated" if kept and event.annotated else None,
        heat=f"{address}/heat" if kept and event.heat else None,
    )


def _clip(address: str, clip: StoredClip) -> ClipBody:
    return ClipBody(
        part=clip.part,
        start=clip.start,
        end=clip.end,
        bytes=clip.bytes,
        codec=clip.codec,
        note=clip.note,
        there=clip.there,
        address=f"{address}/clips/{clip.part}",
    )


def _region(region: Mapping[str, Any]) -> RegionBody:
    return RegionBody(
        box=tuple(region["box"]),
        score=_finite(region.get("score")),
        parts=_parts(region.get("parts") or {}),
        class_name=region.get("class_name") or "",
    )


def _parts(parts: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in parts.items()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
