"""Cameras: how they are and were, their scores, budgets and drift; arming."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from awry.watch.requests import Arm, ArmBySchedule, Disarm
from awry.watch.store.calibrations import budgets, calibrations, drifts
from awry.watch.store.read import camera as stored_camera
from awry.watch.store.read import cameras, flags, gaps, states
from awry.watch.store.results import Span
from awry.watch.store.scores import detectors, read_scores, thinned
from awry.watch.web.access import Operator, Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import CameraName, Done, OnlyCamera, Since, Until
from awry.watch.web.bodies.cameras import (
    Arming,
    BudgetBody,
    Budgets,
    CalibrationBody,
    Calibrations,
    CameraBody,
    Cameras,
    DriftBody,
    Drifts,
    Scores,
    SpanBody,
    Spans,
)
from awry.watch.web.refusals import RefusedError, refusals

router = APIRouter(prefix="/api/v1", tags=["cameras"], responses=refusals(401, 403, 422, 503))
_MOST_SPANS = 5000
_HOUR_S, _LONGEST_SCORES_S = 3600.0, 31 * 86_400.0
_DAY = r"^\d{4}-\d\d-\d\d$"


@router.get("/cameras")
def list_cameras(
    api: TheApi,
    caller: Reader,
    removed: Annotated[
        bool, Query(description="Also those that are not configured any longer.")
    ] = False,
) -> Cameras:
    """All cameras that the caller may see, as they are now."""
    with api.reading() as session:
        seen = [one for one in cameras(session, removed=removed) if caller.sees(one.name)]
    return Cameras(cameras=[CameraBody.model_validate(one) for one in seen])


@router.get("/cameras/{camera}", responses=refusals(404))
def one_camera(api: TheApi, caller: Reader, camera: CameraName) -> CameraBody:
    """A camera as it is now."""
    with api.reading() as session:
        found = stored_camera(session, camera)
    if found is None:
        raise RefusedError(404, f"There is no camera {camera!r}.")
    return CameraBody.model_validate(found)


@router.get("/cameras/{camera}/states", responses=refusals(404))
def list_states(
    api: TheApi, caller: Reader, camera: CameraName, since: Since = None, until: Until = None
) -> Spans:
    """Which states a camera was in."""
    return _spans(api, camera, lambda session: states(session, camera, since=since, until=until))


@router.get("/cameras/{camera}/flags", responses=refusals(404))
def list_flags(
    api: TheApi, caller: Reader, camera: CameraName, since: Since = None, until: Until = None
) -> Spans:
    """When a camera's picture was tampered with."""
    return _spans(api, camera, lambda session: flags(session, camera, since=since, until=until))


@router.get("/cameras/{camera}/gaps", responses=refusals(404))
def list_gaps(
    api: TheApi, caller: Reader, camera: CameraName, since: Since = None, until: Until = None
) -> Spans:
    """When a camera had no scores, and why."""
    return _spans(api, camera, lambda session: gaps(session, camera, since=since, until=until))


@router.get("/cameras/{camera}/scores", responses=refusals(404))
def list_scores(
    api: TheApi,
    caller: Reader,
    camera: CameraName,
    since: Since = None,
    until: Until = None,
    bins: Annotated[int, Query(ge=1, le=5000, description="At most so many.")] = 600,
    bundle: Annotated[
        str | None,
        Query(max_length=255, description="Folder of the detector; else the one of the newest."),
    ] = None,
    light: Annotated[
        str | None, Query(pattern="^(day|infrared)$", description="Only of this mode.")
    ] = None,
) -> Scores:
    """A camera's scores, the highest of each bin; the last hour by default, 31 days at most."""
    last = api.clock.now() if until is None else until
    first = last - _HOUR_S if since is None else since
    if not first < last or last - first > _LONGEST_SCORES_S:
        raise RefusedError(
            422, "Scores are given for a time from `since` to `until`, at most 31 days."
        )
    with api.reading() as session:
        _known(session, camera)
        there = detectors(session, camera, first, last)
        chosen = bundle or (there[-1] if there else "")
        span = read_scores(session, camera, first, last, bundle=chosen, light=light)
    found = thinned(span, first, last, bins)
    return Scores(
        camera=camera,
        bundle=chosen,
        bundles=list(there),
        since=first,
        until=last,
        times=[float(one) for one in found.times],
        scores=[float(one) if math.isfinite(one) else None for one in found.highest],
    )


@router.get("/cameras/{camera}/calibrations", responses=refusals(404))
def list_calibrations(api: TheApi, caller: Reader, camera: CameraName) -> Calibrations:
    """A camera's thresholds, and how they came about."""
    with api.reading() as session:
        _known(session, camera)
        found = calibrations(session, camera)
    return Calibrations(calibrations=[CalibrationBody.model_validate(one) for one in found])


@router.get("/cameras/{camera}/drift", responses=refusals(404))
def list_drift(api: TheApi, caller: Reader, camera: CameraName, since: Since = None) -> Drifts:
    """A camera's scores against its calibration, by the hour; a week by default."""
    first = api.clock.now() - 7 * 86_400.0 if since is None else since
    with api.reading() as session:
        _known(session, camera)
        found = drifts(session, camera, since=first)
    return Drifts(drift=[DriftBody.model_validate(one) for one in found[-_MOST_SPANS:]])


@router.get("/budgets")
def list_budgets(
    api: TheApi,
    caller: Reader,
    since: Annotated[
        str, Query(pattern=_DAY, description="From this day on, `YYYY-MM-DD`.")
    ] = "1970-01-01",
    camera: OnlyCamera = None,
) -> Budgets:
    """How much of their budgets cameras have spent, by day."""
    if camera is not None:
        caller.check(camera)
    with api.reading() as session:
        found = [
            one for one in budgets(session, since=since, camera=camera) if caller.sees(one.camera)
        ]
    return Budgets(budgets=[BudgetBody.model_validate(one) for one in found[-_MOST_SPANS:]])


@router.put("/cameras/{camera}/armed", responses=refusals(404, 409))
def set_armed(api: TheApi, caller: Operator, camera: CameraName, wanted: Arming) -> Done:
    """Arm or disarm a camera by hand, in place of its schedule."""
    with api.reading() as session:
        _known(session, camera)
    kind = Arm if wanted.armed else Disarm
    api.write(kind(camera=camera, until=wanted.until), caller.name)
    return Done(done=True)


@router.delete("/cameras/{camera}/armed", responses=refusals(404, 409))
def arm_by_schedule(api: TheApi, caller: Operator, camera: CameraName) -> Done:
    """Arm or disarm a camera as its schedule says, whatever was asked for by hand."""
    with api.reading() as session:
        _known(session, camera)
    api.write(ArmBySchedule(camera=camera), caller.name)
    return Done(done=True)


def _known(session: Session, camera: str) -> None:
    if stored_camera(session, camera) is None:
        raise RefusedError(404, f"There is no camera {camera!r}.")


def _spans(api: Api, camera: str, read: Callable[[Session], Sequence[Span]]) -> Spans:
    with api.reading() as session:
        _known(session, camera)
        found = read(session)
    return Spans(spans=[SpanBody.model_validate(one) for one in found[-_MOST_SPANS:]])
