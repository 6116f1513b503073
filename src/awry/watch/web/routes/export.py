"""Judged events as a data set, to measure detectors with."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from awry.errors import InputError
from awry.watch.store.export import plan_export, texts_of
from awry.watch.store.files import file_place
from awry.watch.store.read import EventFilter
from awry.watch.web.access import Reader
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import OnlyCameras, Since, Until
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.zipped import zipped

router = APIRouter(prefix="/api/v1", tags=["events"], responses=refusals(401, 403, 404, 422, 503))
MOST_EVENTS = 2000
MOST_BYTES = 16 * 2**30
"""A larger data set is written by the command line."""
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The data set.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/export", response_class=StreamingResponse, responses=_ZIP | refusals(413))
def export(
    api: TheApi,
    caller: Reader,
    camera: OnlyCameras = [],  # noqa: B006
    since: Since = None,
    until: Until = None,
    label: Annotated[
        str | None,
        Query(
            pattern="^(abnormal|normal|none)$",
            description="Only those judged so; `none`, as events are found by it: both.",
        ),
    ] = None,
    uid: Annotated[
        list[Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")]],
        Query(max_length=500, description="Only these events; may be given more than once."),
    ] = [],  # noqa: B006
    footage: Annotated[
        bool, Query(description="Also footage that was gathered to learn from.")
    ] = False,
) -> StreamingResponse:
    """Clips of judged events as a ZIP, in the layout `folder` of awry's data sets.

    Labels are the spans of events judged abnormal, as the detector found them; they are not exact
    to the frame.
    """
    wanted = EventFilter(cameras=caller.among(camera), since=since, until=until, label=label)
    with api.reading() as session:
        try:
            plan = plan_export(session, wanted, uids=uid, footage=footage, most=MOST_EVENTS)
        except InputError as error:
            raise RefusedError(404, str(error)) from error
    if plan.bytes > MOST_BYTES:
        raise RefusedError(
            413,
            f"The data set has {plan.bytes / 2**30:.0f} GiB, more than {MOST_BYTES / 2**30:.0f}. "
            "Choose a shorter time, or use `awry watch export`.",
        )
    files = ((file_place(api.database.layout, one.path), one.name, one) for one in plan.files)
    site = api.settings.site
    return StreamingResponse(
        zipped(files, lambda some: texts_of(some, site), ("train", "test")),
        media_type="application/zip",
        headers={"content-disposition": 'attachment; filename="awry-dataset.zip"'},
    )
