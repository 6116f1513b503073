"""Detectors of cameras: which there are, and which alarm."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.orm import Session

from awry.watch.requests import BundleBack, BundleDrop, BundlePromote, Refit
from awry.watch.store.read import bundles
from awry.watch.store.read import camera as stored_camera
from awry.watch.web.access import Administrator, Reader
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import CameraName, Done
from awry.watch.web.bodies.cameras import BundleBody, BundleChoice, Bundles, RefitWish
from awry.watch.web.refusals import RefusedError, refusals

router = APIRouter(
    prefix="/api/v1/cameras/{camera}",
    tags=["bundles"],
    responses=refusals(401, 403, 404, 422, 503),
)


@router.get("/bundles")
def list_bundles(api: TheApi, caller: Reader, camera: CameraName) -> Bundles:
    """A camera's detectors."""
    with api.reading() as session:
        _known(session, camera)
        found = bundles(session, camera)
    return Bundles(bundles=[BundleBody.model_validate(one) for one in found])


@router.post("/bundles/promote", responses=refusals(409))
def promote(api: TheApi, caller: Administrator, camera: CameraName, chosen: BundleChoice) -> Done:
    """Let a detector that only tries be the one that alarms."""
    _check(api, camera, chosen.path)
    api.write(BundlePromote(camera=camera, path=chosen.path), caller.name)
    return Done(done=True)


@router.post("/bundles/drop", responses=refusals(409))
def drop(api: TheApi, caller: Administrator, camera: CameraName, chosen: BundleChoice) -> Done:
    """Retire a detector that only tries."""
    _check(api, camera, chosen.path)
    api.write(BundleDrop(camera=camera, path=chosen.path), caller.name)
    return Done(done=True)


@router.post("/bundles/back", responses=refusals(409))
def back(api: TheApi, caller: Administrator, camera: CameraName) -> Done:
    """Let the detector from before the last promotion alarm again."""
    with api.reading() as session:
        _known(session, camera)
    api.write(BundleBack(camera=camera), caller.name)
    return Done(done=True)


@router.post("/refit", status_code=202, responses=refusals(409))
def refit(api: TheApi, caller: Administrator, camera: CameraName, wish: RefitWish) -> Done:
    """Have a new detector fitted; it only tries at first."""
    with api.reading() as session:
        _known(session, camera)
    api.write(Refit(camera=camera, reason=wish.reason, gather_s=wish.gather_s), caller.name)
    return Done(done=True)


def _known(session: Session, camera: str) -> None:
    if stored_camera(session, camera) is None:
        raise RefusedError(404, f"There is no camera {camera!r}.")


def _check(api: Api, camera: str, path: str) -> None:
    with api.reading() as session:
        _known(session, camera)
        if all(one.path != path for one in bundles(session, camera)):
            raise RefusedError(404, f"The camera {camera!r} has no such detector.")
