"""The pages as part of the API's application, and how they say no."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from awry.errors import AwryError
from awry.pages import language_of
from awry.pages.kit import ROOT
from awry.pages.sentences import in_language
from awry.pages.words import marked as _
from awry.watch.web.access import Caller, caller_of
from awry.watch.web.api import api_of
from awry.watch.web.pages import (
    adding,
    administering,
    camera,
    entry,
    events,
    now,
    sensitivity,
    system,
    teach,
    timeline,
    zones,
)
from awry.watch.web.pages.shell import KIT, shown
from awry.watch.web.refusals import RefusedError
from awry.watch.web.routes.session import setup

PAGES = (
    entry,
    now,
    camera,
    events,
    system,
    administering,
    timeline,
    sensitivity,
    teach,
    adding,
    zones,
)
"""Modules of pages."""
_ERRORS: tuple[type[Exception], ...] = (
    *(RefusedError, AwryError),
    *(RequestValidationError, HTTPException),
)
_PROGRAMS = ("/api/", "/livez", "/readyz", "/metrics", f"{ROOT}/")
"""Below these an error is answered as the API answers it."""


def install_pages(app: FastAPI) -> None:
    """Add the pages to an application whose errors are answered already, as `refusals.install`."""
    as_programs: dict[type[Exception], Any] = {
        kind: app.exception_handlers[kind] for kind in _ERRORS
    }
    app.include_router(KIT.router())
    for page in PAGES:
        app.include_router(page.router)

    async def refused(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(_PROGRAMS):
            kind = next(kind for kind in _ERRORS if isinstance(error, kind))
            answer: Response = await as_programs[kind](request, error)
            return answer
        return _page(request, error)

    for kind in _ERRORS:
        app.add_exception_handler(kind, refused)


def _page(request: Request, error: Exception) -> Response:
    """An error as a page; nobody is led to where they log in."""
    api = api_of(request)
    status = 422
    if isinstance(error, RefusedError):
        status = error.status
    elif isinstance(error, AwryError):  # e.g. the site's file has a mistake
        status = 409
    elif isinstance(error, HTTPException):
        status = error.status_code
    if status == 401:
        if setup(api, request).needed:
            return RedirectResponse("/setup", 303)
        place = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(place, safe='')}", 303)
    english = str(error) if isinstance(error, AwryError) else _("There is nothing at this address.")
    said = in_language(english, language_of(request.scope))
    return shown(api, request, _caller(request), "problem.html", status=status, message=said)


def _caller(request: Request) -> Caller | None:
    try:
        return caller_of(api_of(request), request)
    except RefusedError:
        return None
