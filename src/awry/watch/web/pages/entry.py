"""Logging in, making the first user, and one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from awry.pages import language_of
from awry.pages.words import marked as _
from awry.pages.words import translations
from awry.watch.web.access import Level, caller_of
from awry.watch.web.api import TheApi
from awry.watch.web.pages.shell import Viewer, shown
from awry.watch.web.passwords import SHORTEST
from awry.watch.web.refusals import RefusedError
from awry.watch.web.routes.session import setup

router = APIRouter(include_in_schema=False)
_MAY: dict[Level, str] = {
    "read": _("You may look."),
    "feedback": _("You may look, judge events, arm and disarm."),
    "admin": _("You may change everything."),
}
Next = Annotated[str, Query(max_length=2000)]


@router.get("/login")
def login(api: TheApi, request: Request, next: Next = "/", changed: bool = False) -> Response:
    """Where people log in; who has is led on."""
    if setup(api, request).needed:
        return RedirectResponse("/setup", 303)
    try:
        caller_of(api, request)
    except RefusedError:
        return shown(
            api,
            request,
            None,
            "entry.html",
            entry="login",
            next=inside(next),
            changed=changed,
            shortest=SHORTEST,
        )
    return RedirectResponse(inside(next), 303)


@router.get("/setup")
def first_user(api: TheApi, request: Request) -> Response:
    """Where the first user is made, as long as there is none."""
    wanted = setup(api, request)
    if not wanted.needed:
        return RedirectResponse("/login", 303)
    return shown(
        api,
        request,
        None,
        "entry.html",
        entry="setup",
        next="/add",
        shortest=SHORTEST,
        token_needed=wanted.token_needed,
    )


@router.get("/account")
def account(api: TheApi, request: Request, caller: Viewer) -> Response:
    """Where people change their own password."""
    if caller.log_in is None:
        raise RefusedError(403, "This is for people who have logged in; a token has no password.")
    say = translations(language_of(request.scope)).gettext
    may = say(_MAY[caller.level])
    return shown(api, request, caller, "account.html", shortest=SHORTEST, may=may)


def inside(path: str) -> str:
    """A path of this site alone: what may lead elsewhere becomes the first page."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if fine and path.isprintable() else "/"
