"""How often a camera may alarm: every budget, tried on the scores that are stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from awry.errors import AwryError
from awry.watch.store.read import camera as stored_camera
from awry.watch.web.access import Reader
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.bodies.sensitivity import Sensitivity
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.score_work import score_work
from awry.watch.web.settings import settings_of

router = APIRouter(prefix="/api/v1", tags=["cameras"])
Days = Annotated[int, Query(ge=1, le=7, description="How many of the newest days.")]
PATIENCE_S = 15.0


@router.get(
    "/cameras/{camera}/sensitivity",
    response_model=Sensitivity,
    responses=refusals(401, 403, 404, 409, 422, 429, 503),
)
def sensitivity(api: TheApi, caller: Reader, camera: CameraName, days: Days = 7) -> Response:
    """What budgets from one alarm in four weeks on would have given, on the newest days of scores.

    Each has the events that `replay` gives for it. Nothing is changed. An answer is kept for as
    long as nothing but up to five minutes of scores has come.
    """
    with api.reading() as session:
        if stored_camera(session, camera) is None:
            raise RefusedError(404, f"There is no camera {camera!r}.")
    try:
        known = settings_of(api.settings.config, camera)
    except AwryError as error:
        raise RefusedError(409, str(error)) from error
    asked = (
        camera,
        float(days),
        None if known is None else known.budget,
        300.0 if known is None else known.longest_event_s,
    )
    text = api.sensitivity.known(*asked)
    if text is None:
        with score_work(PATIENCE_S):
            text = api.sensitivity.known(*asked) or api.sensitivity.made(*asked)
    return Response(text, media_type="application/json", headers={"cache-control": "no-store"})
