"""What people said of events, to take along."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from awry.watch.store.feedback import LONGEST_PAGE, as_csv, as_row, feedback
from awry.watch.store.results import Judgement
from awry.watch.web.access import Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import OnlyCameras
from awry.watch.web.bodies.feedback import Feedback, FeedbackBody
from awry.watch.web.refusals import refusals

router = APIRouter(prefix="/api/v1", tags=["events"])
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Successful Response",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/feedback", response_model=Feedback, responses={**refusals(401, 403, 422, 503), **_TABLE}
)
def list_feedback(
    api: TheApi,
    caller: Reader,
    camera: OnlyCameras = [],  # noqa: B006
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv`: a table of all that follows the cursor.")
    ] = "json",
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="At most so many.")] = 500,
    cursor: Annotated[
        int | None, Query(ge=0, lt=2**53, description="`next` of the page before.")
    ] = None,
) -> Any:
    """What people said of events, oldest first, also of cameras and detectors that are gone."""
    cameras = caller.among(camera)
    if format == "csv":
        return _table(api, cameras, cursor)
    with api.reading() as session:
        page = feedback(session, cameras, limit=limit, cursor=cursor)
    return Feedback(feedback=[_body(one) for one in page.rows], next=page.next)


def _table(api: Api, cameras: Sequence[str] | None, cursor: int | None) -> Response:
    with api.reading() as session:  # what cannot be read is said before the table begins
        first = feedback(session, cameras, limit=LONGEST_PAGE, cursor=cursor)

    def parts() -> Iterator[str]:
        page = first
        yield as_csv(page.rows)
        while page.next is not None:
            with api.reading() as session:
                page = feedback(session, cameras, limit=LONGEST_PAGE, cursor=page.next)
            yield as_csv(page.rows, heading=False)

    name = {"content-disposition": 'attachment; filename="awry-feedback.csv"'}
    return StreamingResponse(parts(), media_type="text/csv", headers=name)


def _body(one: Judgement) -> FeedbackBody:
    values = as_row(one)
    return FeedbackBody(**{**values, "peak": one.peak if math.isfinite(one.peak) else None})
