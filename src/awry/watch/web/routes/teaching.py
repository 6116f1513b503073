"""What people's judgements changed of a camera."""

from __future__ import annotations

import math

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.errors import AwryError
from awry.watch.keeper.teaching import alarming_detector, counts_in, taught, unjudged
from awry.watch.store.feedback import judgements
from awry.watch.store.models import ANEW, CameraRow, EventRow, FootageRow
from awry.watch.web.access import Reader
from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.bodies.teaching import GatheringBody, TaughtBody, Teaching, WordBody
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.settings import settings_of

router = APIRouter(prefix="/api/v1", tags=["bundles"])
MOST_WORDS = 200
_WEEK_S = 7 * 86_400.0


@router.get("/cameras/{camera}/teaching", responses=refusals(401, 403, 404, 409, 422, 503))
def teaching(api: TheApi, caller: Reader, camera: CameraName) -> Teaching:
    """The thresholds without and with what people said, and what stands behind another fit."""
    try:
        known = settings_of(api.settings.config, camera)
    except AwryError as error:
        raise RefusedError(409, str(error)) from error
    budget = None if known is None else known.budget
    with api.reading() as session:
        row = session.get(CameraRow, camera)
        if row is None:
            raise RefusedError(404, f"There is no camera {camera!r}.")
        levels = taught(session, camera, budget)
        said = judgements(session, camera)[::-1]
        pictured = _pictured(session, [one.event for one in said[:MOST_WORDS]])
        lengths = select(func.sum(FootageRow.end - FootageRow.start))
        footage_s = session.scalar(lengths.where(FootageRow.camera == camera)) or 0.0
        return Teaching(
            camera=camera,
            bundle=alarming_detector(session, camera),
            budget=budget,
            thresholds=[TaughtBody.model_validate(one) for one in levels],
            judgements=[
                WordBody(
                    event=one.event,
                    light=one.light,
                    peak=one.peak if math.isfinite(one.peak) else None,
                    label=one.label,
                    note=one.note,
                    by=one.by,
                    at=one.at,
                    counts=counts_in(one, levels),
                    picture=one.event in pictured,
                )
                for one in said[:MOST_WORDS]
            ],
            judged=len(said),
            gathering=None
            if row.refit is None
            else GatheringBody(
                since=row.refit["since"],
                reason=row.refit.get("reason", ""),
                wanted=row.refit.get(ANEW, 86_400.0 if known is None else known.learn.seconds),
            ),
            folder=known is not None and known.learn.folder is not None,
            footage_s=footage_s,
            unjudged=unjudged(session, camera, api.clock.now() - _WEEK_S),
        )


def _pictured(session: Session, uids: list[str]) -> set[str]:
    wanted = select(EventRow.uid).where(
        EventRow.uid.in_(uids), EventRow.picture != "", EventRow.media == "kept"
    )
    return set(session.scalars(wanted))
