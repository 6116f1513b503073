"""The page of a camera: its live picture, what its detector sees there, its state and settings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from awry.errors import AwryError
from awry.pages import language_of
from awry.watch.web.access import Caller
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.bodies.cameras import BundleBody, CameraBody
from awry.watch.web.bodies.site import CameraSettings
from awry.watch.web.bodies.timeline import Overview
from awry.watch.web.pages.cards import cards_of
from awry.watch.web.pages.shell import Viewer, camera_tabs, shown
from awry.watch.web.pages.state_words import flag_words, state_words, watching_words
from awry.watch.web.refusals import RefusedError
from awry.watch.web.routes.bundles import list_bundles
from awry.watch.web.routes.cameras import one_camera
from awry.watch.web.routes.events import list_events
from awry.watch.web.routes.settings import camera_config
from awry.watch.web.routes.timeline import overview
from awry.watch.web.settings import shown_site

router = APIRouter(include_in_schema=False)
MOST_EVENTS = 8
"""So many of the camera's newest events stand on its page."""
Shown = Annotated[bool, Query(description="Whether that is drawn over the picture.")]


@router.get("/cameras/{camera}")
def camera_page(
    api: TheApi,
    request: Request,
    caller: Viewer,
    camera: CameraName,
    heat: Shown = True,
    regions: Shown = True,
) -> Response:
    """A camera, live; `heat` and `regions` say what is drawn over its picture."""
    known = one_camera(api, caller, camera)
    settings, wrong = _settings(api, caller, camera)
    return shown(
        api,
        request,
        caller,
        "camera.html",
        tabs=camera_tabs(request, caller, camera),
        heat=heat,
        regions=regions,
        settings=settings,
        wrong=wrong,
        schedules=_schedules(api, caller),
        detector=_detector(list_bundles(api, caller, camera).bundles),
        **_facts(api, request, caller, known),
        **_events(api, request, caller, camera),
    )


@router.get("/ui/cameras/{camera}/facts")
def facts(api: TheApi, request: Request, caller: Viewer, camera: CameraName) -> Response:
    """The camera's state anew, for a page that is open."""
    known = one_camera(api, caller, camera)
    values = _facts(api, request, caller, known)
    return shown(api, request, caller, "camera_facts.html", **values)


@router.get("/ui/cameras/{camera}/events")
def events(api: TheApi, request: Request, caller: Viewer, camera: CameraName) -> Response:
    """The camera's newest events anew, for a page that is open."""
    one_camera(api, caller, camera)
    values = _events(api, request, caller, camera)
    return shown(api, request, caller, "camera_events.html", **values)


def _facts(api: Api, request: Request, caller: Caller, camera: CameraBody) -> dict[str, Any]:
    language = language_of(request.scope)
    found: Overview = overview(api, caller)
    return {
        "camera": camera,
        "overview": found,
        "entry": next((one for one in found.cameras if one.camera.name == camera.name), None),
        "states": state_words(language),
        "flags": flag_words(language),
        "watches": watching_words(language),
    }


def _events(api: Api, request: Request, caller: Caller, camera: str) -> dict[str, Any]:
    found = list_events(api, caller, camera=[camera], limit=MOST_EVENTS)
    return {"events": cards_of(found, language_of(request.scope))}


def _settings(api: Api, caller: Caller, camera: str) -> tuple[CameraSettings | None, str]:
    """The camera's settings, or why they cannot be shown."""
    try:
        return camera_config(api, caller, camera), ""
    except AwryError as error:
        gone = isinstance(error, RefusedError) and error.status == 404
        return None, "" if gone else str(error)


def _schedules(api: Api, caller: Caller) -> list[str]:
    """Names of the site's schedules, for those who may choose one."""
    if not caller.may("admin") or api.settings.config is None:
        return []
    try:
        return sorted(shown_site(api.settings.config).schedules)
    except AwryError:
        return []


def _detector(bundles: list[BundleBody]) -> BundleBody | None:
    """The detector that alarms, or else the newest."""
    return next((one for one in bundles if one.state == "active"), next(iter(bundles), None))
