"""Clips and pictures of events, under the same guard as the events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path

from awry.watch.store.results import StoredEvent
from awry.watch.web.api import TheApi
from awry.watch.web.media import MediaFile, media_path
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.events import ROOT, Readable

_Answers = dict[int | str, dict[str, Any]]


def _file(*kinds: str) -> _Answers:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {
        200: {"description": "The file.", "content": content},
        206: {"description": "The range of the file that was asked for.", "content": content},
        304: {"description": "The file is still the one that `If-None-Match` names."},
    }


router = APIRouter(
    prefix=f"{ROOT}/events/{{uid}}",
    tags=["media"],
    responses=refusals(401, 403, 404, 416, 422, 503),
    default_response_class=MediaFile,
)
Part = Annotated[int, Path(ge=0, lt=10_000, description="`part` of the clip.")]


@router.get("/clips/{part}", responses=_file("video/mp4"))
def clip(api: TheApi, event: Readable, part: Part) -> MediaFile:
    """A clip of an event, whole or in ranges."""
    found = next((one for one in event.clips if one.part == part), None)
    if found is None:
        raise RefusedError(404, "The event has no such clip.")
    return MediaFile(media_path(api.database.layout, found.path), f"{_name(event)}-{part}")


@router.get("/picture", responses=_file("image/jpeg"))
def picture(api: TheApi, event: Readable) -> MediaFile:
    """The picture of an event's peak."""
    return MediaFile(media_path(api.database.layout, event.picture), _name(event))


@router.get("/annotated", responses=_file("image/jpeg"))
def annotated(api: TheApi, event: Readable) -> MediaFile:
    """The same with boxes and the reason."""
    return MediaFile(media_path(api.database.layout, event.annotated), f"{_name(event)}-boxes")


@router.get("/heat", responses=_file("image/png"))
def heat(api: TheApi, event: Readable) -> MediaFile:
    """The anomaly map of an event's peak, grey."""
    return MediaFile(media_path(api.database.layout, event.heat), f"{_name(event)}-heat")


def _name(event: StoredEvent) -> str:
    begun = datetime.fromtimestamp(event.start, UTC).strftime("%Y%m%d-%H%M%S")
    return f"{event.camera}-{begun}"
