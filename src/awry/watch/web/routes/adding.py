"""Cameras are found, tried, added and removed; how far a new one is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.methods.registry import method_names
from awry.watch.requests import ConfigNoted
from awry.watch.site.model import Camera
from awry.watch.site.read import read_site
from awry.watch.store.models import BundleRow, FootageRow
from awry.watch.web.access import Reader, SiteAdministrator
from awry.watch.web.adding import host_of, take_camera, whole_address, write_camera
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.adding import (
    FoundCameraBody,
    FoundCameras,
    LearningBody,
    MachineBody,
    MeasuredBody,
    MeasureWish,
    NewCamera,
    StreamAddress,
    TriedBody,
)
from awry.watch.web.bodies.base import CameraName, Done
from awry.watch.web.bodies.site import CameraSettings
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.routes.settings import one_change, settings_of, site_file
from awry.watch.web.settings import shown_site

router = APIRouter(prefix="/api/v1", tags=["adding"], responses=refusals(401, 403, 422, 503))


@router.post("/cameras/try", responses=refusals(429))
def try_camera(api: TheApi, caller: SiteAdministrator, wanted: StreamAddress) -> TriedBody:
    """Open an address for some seconds: which streams there are, and a picture.

    One at a time, and twelve a minute at most; nothing is stored.
    """
    return TriedBody.model_validate(api.helpers.try_address(whole_address(wanted)))


@router.get("/discover", responses=refusals(404, 409, 429))
def discover(api: TheApi, caller: SiteAdministrator) -> FoundCameras:
    """Ask the network for cameras by one WS-Discovery probe, as ONVIF has it; takes 3 seconds."""
    known = _hosts(api)
    found = [
        FoundCameraBody(
            host=one.host,
            name=one.name,
            hardware=one.hardware,
            location=one.location,
            known=one.host in known,
        )
        for one in api.helpers.discover()
    ]
    return FoundCameras(cameras=found)


@router.post("/cameras", status_code=201, responses=refusals(404, 409))
def add_camera(api: TheApi, caller: SiteAdministrator, wanted: NewCamera) -> CameraSettings:
    """Watch another camera: it goes into the site's file, and begins to learn.

    A password goes to a file of its own beside the site's, which nobody else can read.
    """
    if wanted.method and wanted.method not in method_names():
        raise RefusedError(422, f"There is no method {wanted.method!r}.")
    path = site_file(api)
    with one_change:
        write_camera(path, wanted)
        settings = settings_of(shown_site(path), wanted.name)
    api.reload_site()
    after = settings.model_dump(mode="json", exclude={"version"})
    api.write(ConfigNoted(subject=wanted.name, after={"added": True, **after}), caller.name)
    return settings


@router.delete("/cameras/{camera}", responses=refusals(404, 409))
def remove_camera(api: TheApi, caller: SiteAdministrator, camera: CameraName) -> Done:
    """Watch a camera no longer. What was stored of it stays; its password does not."""
    path = site_file(api)
    with one_change:
        site = shown_site(path)
        before: dict[str, Any] = {}
        if camera not in site.misconfigured:
            shown = settings_of(site, camera)
            before = shown.model_dump(mode="json", exclude={"version"})
        take_camera(path, camera)
    api.reload_site()
    api.write(ConfigNoted(subject=camera, before=before, after={"removed": True}), caller.name)
    return Done(done=True)


@router.get("/machine")
def machine(api: TheApi, caller: SiteAdministrator) -> MachineBody:
    """How far a measurement of this machine is, and what came of the last."""
    now = api.helpers.measuring
    return MachineBody(
        methods=method_names(),
        step=now.step,
        share=now.share,
        found=None if now.found is None else MeasuredBody.model_validate(dict(now.found)),
        problem=now.problem,
    )


@router.post("/machine/measure", status_code=202, responses=refusals(404, 409, 429))
def measure(api: TheApi, caller: SiteAdministrator, wanted: MeasureWish) -> MachineBody:
    """Measure how many more cameras this machine carries; `GET /machine` says how far it is.

    It takes a core for seconds to minutes, at the lowest priority.
    """
    if wanted.method and wanted.method not in method_names():
        raise RefusedError(422, f"There is no method {wanted.method!r}.")
    bundles, learning = _watched(api)
    api.helpers.measure(
        {
            "method": wanted.method,
            "preset": "cpu",
            "size": [wanted.height, wanted.width],
            "rate": wanted.rate,
            "bundles": bundles,
            "learning": learning,
        }
    )
    return machine(api, caller)


@router.get("/cameras/{camera}/learning", responses=refusals(404, 409))
def learning(api: TheApi, caller: Reader, camera: CameraName) -> LearningBody:
    """How far a camera is on its way to its first detector."""
    found = _configured(api).get(camera)
    if found is None:
        raise RefusedError(404, f"The site's file has no camera {camera!r}.")
    with api.reading() as session:
        first = session.scalar(
            select(func.min(FootageRow.start)).where(FootageRow.camera == camera)
        )
        has = found.bundle is not None or _active(session, camera) is not None
        fitting = _bundle(session, camera, "fitting") is not None
    seconds = found.learn.seconds
    until = None if has or first is None or found.learn.folder else first + seconds
    return LearningBody(
        learning=not has, since=first, until=until, seconds=seconds, fitting=fitting
    )


def _configured(api: Api) -> dict[str, Camera]:
    return dict(read_site(site_file(api)).site.cameras)


def _hosts(api: Api) -> set[str]:
    """Hosts of the site's cameras; only whether a found one is among them is told."""
    cameras = _configured(api).values()
    secrets = [one for camera in cameras for one in (camera.detect, camera.record)]
    return {host_of(one.get_secret_value()) for one in secrets if one is not None}


def _watched(api: Api) -> tuple[list[tuple[str, float]], int]:
    """Folders of the detectors that score now, and how many cameras have none yet.

    Each is given with the pictures a second that it was fitted for, as far as that is known.
    """
    found: list[tuple[str, float]] = []
    learning = 0
    with api.reading() as session:
        for name, camera in _configured(api).items():
            if not camera.enabled:
                continue
            row = _active(session, name)
            folder = camera.bundle or (api.settings.store / row.path if row else None)
            if folder is None:
                learning += 1
            else:
                rate = float(row.facts.get("rate") or 10.0) if row else 10.0
                found.append((str(folder), rate))
    return found, learning


def _active(session: Session, camera: str) -> BundleRow | None:
    return _bundle(session, camera, "active")


def _bundle(session: Session, camera: str, state: str) -> BundleRow | None:
    wanted = select(BundleRow).where(BundleRow.camera == camera, BundleRow.state == state)
    return session.scalar(wanted.order_by(BundleRow.at.desc()).limit(1))
