"""Where in a camera's picture alarms count, drawn on a still."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.pages.shell import Viewer, camera_tabs, shown
from awry.watch.web.routes.cameras import one_camera

router = APIRouter(include_in_schema=False)


@router.get("/cameras/{camera}/zones")
def zones(api: TheApi, request: Request, caller: Viewer, camera: CameraName) -> Response:
    """A camera's zones."""
    known = one_camera(api, caller, camera)
    tabs = camera_tabs(request, caller, camera)
    return shown(api, request, caller, "zones.html", camera=known, tabs=tabs)
