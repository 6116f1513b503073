"""How the site does, and what changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from awry.errors import InputError
from awry.version import __version__
from awry.watch.store.read import changes, last_change
from awry.watch.web.access import Reader, SiteReader, caller_of, from_this_machine, still
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.events import ChangeBody, Changes
from awry.watch.web.bodies.site import Health, LoadBody, OutboxBody, Ready, StorageBody
from awry.watch.web.health import health
from awry.watch.web.metrics import exposition
from awry.watch.web.refusals import RefusedError, refusals

router = APIRouter(tags=["site"])
_LAST = 2**63


@router.get("/livez")
def livez() -> Ready:
    """Whether the API answers."""
    return Ready(ready=True, detail="The API answers.")


@router.get("/readyz", responses=refusals(503))
def readyz(api: TheApi) -> Ready:
    """Whether the store can be read; else 503."""
    with api.reading() as session:
        last_change(session)
    return Ready(ready=True, detail="The store can be read.")


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **refusals(401, 403, 503),
        200: {"description": "For Prometheus.", "content": {"text/plain": {}}},
    },
)
def metrics(api: TheApi, request: Request) -> Response:
    """Figures for Prometheus: open on the machine itself, else for those who may read all."""
    if not from_this_machine(request):
        caller = caller_of(api, request)
        if caller.cameras is not None:
            raise RefusedError(
                403, "This concerns the whole site; the token is for some cameras alone."
            )
    with api.reading() as session:
        text, kind = exposition(session, api.database.layout, api.settings.timezone, api.clock)
    return Response(text, media_type=kind)


@router.get("/api/v1/health", responses=refusals(401, 403, 503))
def site_health(api: TheApi, caller: SiteReader) -> Health:
    """How the site does: cameras by state, the disk, receivers, processes."""
    with api.reading() as session:
        try:
            found = health(session, api.database.layout)
        except InputError as error:
            raise RefusedError(503, str(error)) from error
    disk = found.disk
    return Health(
        site=api.settings.site,
        awry=__version__,
        now=api.clock.now(),
        cameras=dict(Counter(one.state for one in found.cameras)),
        storage=StorageBody(free_bytes=disk.free, total_bytes=disk.total, media_bytes=disk.media),
        outbox=[OutboxBody.model_validate(one) for one in found.outbox],
        load=[
            LoadBody(
                process=one.process,
                name=one.name,
                at=one.at,
                figures={k: v if math.isfinite(v) else None for k, v in one.figures.items()},
            )
            for one in found.load
        ],
    )


@router.get("/api/v1/changes", responses=refusals(401, 403, 422, 503))
def list_changes(
    api: TheApi,
    caller: Reader,
    after: Annotated[int, Query(ge=0, lt=_LAST, description="`last` of the time before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 200,
) -> Changes:
    """What changed after a number, for those who cannot follow the stream."""
    with api.reading() as session:
        found = changes(session, after, limit=limit)
    seen = [ChangeBody.model_validate(one) for one in found if caller.sees(one.camera)]
    return Changes(changes=seen, last=found[-1].id if found else after)


@router.get(
    "/api/v1/stream",
    response_class=StreamingResponse,
    responses={
        **refusals(401, 403, 422, 503),
        200: {
            "description": "Server-sent events: `event` is the kind of a change, `data` a change "
            "as `/changes` gives it, `id` its number. `reset`: look at everything anew.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def stream(
    api: TheApi,
    caller: Reader,
    request: Request,
    after: Annotated[
        int | None,
        Query(ge=0, lt=_LAST, description="As `Last-Event-ID`, which goes before; else new ones."),
    ] = None,
) -> StreamingResponse:
    """What changes, as it happens; goes on after `Last-Event-ID`."""
    if api.feed.full:
        raise RefusedError(503, "Too many follow already.", {"Retry-After": "30"})
    last = request.headers.get("last-event-id", "")
    place = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else after
    texts: AsyncIterator[str] = api.feed.follow(
        place, caller.sees, lambda: still(api, request, caller)
    )
    return StreamingResponse(
        texts,
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
