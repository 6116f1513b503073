"""The site's settings, read without secrets; budgets, zones and arming changed in its file."""

from __future__ import annotations

import threading
from pathlib import Path

from fastapi import APIRouter

from awry.watch.requests import ConfigNoted
from awry.watch.web.access import Administrator, Reader, SiteAdministrator
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.bodies.site import CameraChange, CameraSettings, SiteSettings
from awry.watch.web.refusals import RefusedError, refusals
from awry.watch.web.settings import change_camera, shown_site

router = APIRouter(
    prefix="/api/v1", tags=["settings"], responses=refusals(401, 403, 404, 409, 422, 503)
)
one_change = threading.Lock()
"""The site's file is changed by one request at a time."""


@router.get("/config")
def config(api: TheApi, caller: SiteAdministrator) -> SiteSettings:
    """The site's settings, without addresses and secrets."""
    return shown_site(site_file(api))


@router.get("/cameras/{camera}/config")
def camera_config(api: TheApi, caller: Reader, camera: CameraName) -> CameraSettings:
    """A camera's settings, without its addresses."""
    return settings_of(shown_site(site_file(api)), camera)


@router.patch("/cameras/{camera}/config")
def change_camera_config(
    api: TheApi, caller: Administrator, camera: CameraName, wanted: CameraChange
) -> CameraSettings:
    """Change a camera's budget, zones, arming, cool-down, or whether it is opened.

    The change goes into the site's file, whose comments stay, and is applied by the supervisor.
    """
    path = site_file(api)
    with one_change:
        site = shown_site(path)
        if camera not in site.misconfigured:
            settings_of(site, camera)
        before, after = change_camera(path, camera, wanted)
    api.reload_site()
    if before != after:
        api.write(ConfigNoted(subject=camera, before=before, after=after), caller.name)
    return settings_of(shown_site(path), camera)


def settings_of(site: SiteSettings, name: str) -> CameraSettings:
    """A camera's settings.

    Raises:
        RefusedError: 404 there is no such camera; 409 it has mistakes.
    """
    if name in site.misconfigured:
        raise RefusedError(409, site.misconfigured[name])
    for one in site.cameras:
        if one.name == name:
            return one
    raise RefusedError(404, f"The site's file has no camera {name!r}.")


def site_file(api: Api) -> Path:
    """The site's file.

    Raises:
        RefusedError: 404: the API was not told of one.
    """
    if api.settings.config is None:
        raise RefusedError(404, "The API was not told which file the site's settings are in.")
    return api.settings.config
