"""Places of cameras that alarm nobody for a while: listed, made, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from awry.watch.requests import Snooze, Unsnooze
from awry.watch.site.schedule import zone_of
from awry.watch.store.read import camera as stored_camera
from awry.watch.store.results import StoredSnooze
from awry.watch.store.snoozes import snooze, snoozes
from awry.watch.web.access import Caller, Operator, Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import Done, OnlyCamera
from awry.watch.web.bodies.snoozes import Box, SnoozeBody, Snoozes, SnoozeWish
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.events import seen_event

router = APIRouter(prefix="/api/v1", tags=["events"], responses=refusals(401, 403, 422, 503))
MORNING = 6
"""Hour of the next day that `tomorrow` means."""
MARGIN = 0.15
"""By that share of its sides a box of an event is made larger: boxes are never quite the same."""


@router.get("/snoozes")
def list_snoozes(
    api: TheApi,
    caller: Reader,
    camera: OnlyCamera = None,
    over: Annotated[bool, Query(description="Also those that do not count any longer.")] = False,
) -> Snoozes:
    """Places that alarm nobody for a while."""
    if camera is not None:
        caller.check(camera)
    now = api.clock.now()
    with api.reading() as session:
        found = snoozes(session, camera, at=None if over else now, cameras=caller.cameras)
    return Snoozes(snoozes=[_shown(one, now) for one in found])


@router.post("/snoozes", status_code=201, responses=refusals(404, 409))
def make_snooze(api: TheApi, caller: Operator, wish: SnoozeWish) -> SnoozeBody:
    """Let a place alarm nobody for a while; its events are stored as ever."""
    camera, boxes = _place(api, caller, wish)
    values = Snooze(
        camera=camera,
        boxes=tuple(boxes),
        until=_until(api, wish.lasts),
        event=wish.event or "",
        note=wish.note,
    )
    number = int(api.write(values, caller.name)["id"])
    with api.reading() as session:
        made = snooze(session, number)
    assert made is not None
    return _shown(made, api.clock.now())


@router.delete("/snoozes/{number}", responses=refusals(404, 409))
def end_snooze(
    api: TheApi,
    caller: Operator,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="`id` of the snoozed place.")],
) -> Done:
    """Let a place alarm again before its time."""
    with api.reading() as session:
        known = snooze(session, number)
    if known is None:
        raise RefusedError(404, "There is no such snoozed place.")
    caller.check(known.camera)
    api.write(Unsnooze(id=number), caller.name)
    return Done(done=True)


def grown(box: Sequence[float]) -> Box:
    """A box of an event, made a little larger, within the picture.

    >>> grown((0.5, 0.5, 0.7, 1.0))
    (0.47, 0.425, 0.73, 1.0)
    """
    wide, high = MARGIN * (box[2] - box[0]), MARGIN * (box[3] - box[1])
    sides = (box[0] - wide, box[1] - high, box[2] + wide, box[3] + high)
    left, top, right, bottom = (round(min(max(one, 0.0), 1.0), 4) for one in sides)
    return left, top, right, bottom


def _place(api: Api, caller: Caller, wish: SnoozeWish) -> tuple[str, list[Box]]:
    if (wish.event is None) == (wish.camera is None or wish.boxes is None):
        raise RefusedError(422, "Name an event, or a camera with boxes; not both, not neither.")
    if wish.event is not None:
        event = seen_event(api, caller, wish.event)
        return event.camera, [grown(region["box"]) for region in event.regions[:32]]
    assert wish.camera is not None
    assert wish.boxes is not None
    caller.check(wish.camera)
    with api.reading() as session:
        if stored_camera(session, wish.camera) is None:
            raise RefusedError(404, f"There is no camera {wish.camera!r}.")
    if any(box[0] >= box[2] or box[1] >= box[3] for box in wish.boxes):
        raise RefusedError(422, "A box is x_min, y_min, x_max, y_max, with x_min < x_max.")
    return wish.camera, wish.boxes


def _until(api: Api, lasts: float | Literal["tomorrow"] | None) -> float | None:
    now = api.clock.now()
    if lasts != "tomorrow":
        return None if lasts is None else now + lasts
    zone = zone_of(api.settings.timezone)
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, MORNING, tzinfo=zone).timestamp()


def _shown(one: StoredSnooze, now: float) -> SnoozeBody:
    values: dict[str, Any] = {name: getattr(one, name) for name in StoredSnooze.__slots__}
    return SnoozeBody(**values, active=one.active(now))
