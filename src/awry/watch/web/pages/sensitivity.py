"""How often a camera may alarm: a slider over all budgets, tried on the last days' scores."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from awry.watch.web.api import TheApi
from awry.watch.web.bodies.base import CameraName
from awry.watch.web.pages.shell import Viewer, camera_tabs, shown
from awry.watch.web.routes.cameras import one_camera

router = APIRouter(include_in_schema=False)
DAYS = (1, 3, 7)


@router.get("/cameras/{camera}/sensitivity")
def sensitivity(
    api: TheApi,
    request: Request,
    caller: Viewer,
    camera: CameraName,
    days: Annotated[int, Query(ge=1, le=7)] = 7,
) -> Response:
    """The slider; what it shows comes from the API."""
    return shown(
        api,
        request,
        caller,
        "sensitivity.html",
        camera=one_camera(api, caller, camera).name,
        tabs=camera_tabs(request, caller, camera),
        days=days,
        choices=sorted({*DAYS, days}),
    )
