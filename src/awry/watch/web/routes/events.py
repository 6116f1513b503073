"""Events: found, shown, judged and pinned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.requests import Judge, JudgeSome, Pin, Unjudge, Unpin
from awry.watch.store.calibrations import normal_levels
from awry.watch.store.feedback import judgements_of
from awry.watch.store.groups import event_groups
from awry.watch.store.read import EventFilter, neighbours, parts_of_events
from awry.watch.store.read import event as stored_event
from awry.watch.store.read import events as stored_events
from awry.watch.store.results import StoredClip, StoredEvent
from awry.watch.web.access import Caller, May, Operator, Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import Done, EventUid, OnlyCameras, Since, Until
from awry.watch.web.bodies.events import (
    ClipBody,
    EventBody,
    Events,
    JudgementBody,
    Judgements,
    Judging,
    JudgingSome,
    Neighbours,
    Parts,
    RegionBody,
)
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
    camera: OnlyCameras = [],  # noqa: B006
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
    part: Annotated[
        str | None, Query(max_length=64, description="Whose score was highest in that part.")
    ] = None,
    silent: Annotated[
        str | None,
        Query(
            pattern="^(disarmed|zone|snoozed|cooldown|budget|shadow)$",
            description="Nobody was told, for that reason.",
        ),
    ] = None,
    together: Annotated[
        bool, Query(description="Near-duplicates as groups; `limit` counts groups then.")
    ] = False,
) -> Events:
    """Events, newest first, page by page.

    Near-duplicates are events of one camera and detector in the same place, each within a minute of
    the one before.
    """
    wanted = EventFilter(
        cameras=caller.among(camera),
        since=since,
        until=until,
        state=state,
        told=told,
        pinned=pinned,
        label=label,
        light=light,
        least=least,
        shadow=shadow,
        part=part,
        silent=silent,
    )
    with api.reading() as session:
        try:
            return _page(session, wanted, limit, cursor, together=together)
        except InputError as error:
            raise RefusedError(422, str(error)) from error


def _page(
    session: Session, wanted: EventFilter, limit: int, cursor: str | None, *, together: bool
) -> Events:
    if not together:
        page = stored_events(session, wanted, limit=limit, cursor=cursor)
        return Events(events=shown_all(session, page.events), next=page.next)
    found = event_groups(session, wanted, limit=limit, cursor=cursor)
    return Events(
        events=shown_all(session, [one for group in found.groups for one in group]),
        groups=[[one.uid for one in group] for group in found.groups],
        next=found.next,
    )


@router.get("/event-parts")
def list_parts(api: TheApi, caller: Reader) -> Parts:
    """Parts of scores by which events can be found."""
    with api.reading() as session:
        return Parts(parts=list(parts_of_events(session, caller.cameras)))


@router.get("/events/{uid}", responses=refusals(404))
def one_event(api: TheApi, event: Readable) -> EventBody:
    """An event with its clips."""
    with api.reading() as session:
        return shown_all(session, [event])[0]


@router.get("/events/{uid}/judgements", responses=refusals(404))
def list_judgements(api: TheApi, event: Readable) -> Judgements:
    """All that people said of an event, with who and when."""
    with api.reading() as session:
        found = judgements_of(session, event.uid)
    return Judgements(judgements=[JudgementBody.model_validate(one) for one in found])


@router.get("/events/{uid}/neighbours", responses=refusals(404))
def list_neighbours(api: TheApi, event: Readable) -> Neighbours:
    """Which events of the same camera came just before and just after."""
    with api.reading() as session:
        before, after = neighbours(session, event)
    return Neighbours(before=before, after=after)


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


@router.put("/judgements", responses=refusals(404, 409))
def judge_some(api: TheApi, caller: Operator, given: JudgingSome) -> Done:
    """Say what several events were at once; their thresholds follow."""
    by_camera: dict[str, list[str]] = {}
    for uid in dict.fromkeys(given.events):
        by_camera.setdefault(seen_event(api, caller, uid).camera, []).append(uid)
    for camera, uids in by_camera.items():
        values = JudgeSome(camera=camera, events=tuple(uids), label=given.label, note=given.note)
        api.write(values, caller.name)
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


def shown_all(session: Session, events: Sequence[StoredEvent]) -> list[EventBody]:
    """Events as the API gives them: addresses of files in place of their paths."""
    normal = normal_levels(session, {one.camera for one in events})
    return [_shown(one, normal.get((one.camera, one.bundle, one.light))) for one in events]


def _shown(event: StoredEvent, normal: float | None) -> EventBody:
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
        height=_height(event, normal),
        bundle=event.bundle,
        shadow=event.shadow,
        light=event.light,
        parts=_parts(event.parts),
        part=event.part,
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


def _height(event: StoredEvent, normal: float | None) -> float | None:
    way = math.nan if normal is None else event.threshold - normal
    return _finite((event.score - (normal or 0.0)) / way) if way > 0 else None


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
