"""A camera is added by somebody who has never used a command line."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from awry.watch.web.api import TheApi
from awry.watch.web.pages.shell import SiteAdministrator, shown
from awry.watch.web.routes.adding import machine
from awry.watch.web.routes.settings import config

router = APIRouter(include_in_schema=False)


@router.get("/add")
def add(api: TheApi, request: Request, caller: SiteAdministrator) -> Response:
    """Where a camera is found, tried and added; it welcomes who has none yet."""
    site = config(api, caller)
    return shown(
        api,
        request,
        caller,
        "adding.html",
        site=site,
        first=not site.cameras and not site.misconfigured,
        machine=machine(api, caller),
    )
