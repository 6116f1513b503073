"""Logging in and out, and the first user."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import SecretStr

from awry.pages.words import marked as _
from awry.watch.requests import SessionEnd, SessionMake, UserMake, UserPassword
from awry.watch.store.accounts import user_named, users
from awry.watch.web.access import (
    OF_ROLE,
    Caller,
    Reader,
    address_of,
    cookie_name,
    from_this_machine,
    lasts_s,
    secure,
)
from awry.watch.web.api import Api, TheApi
from awry.watch.web.bodies.base import Done
from awry.watch.web.bodies.people import FirstUser, LoggingIn, NewPassword, Session, Setup
from awry.watch.web.passwords import BusyError, digest, new_secret, same, weakness
from awry.watch.web.refusals import RefusedError, refusals

router = APIRouter(prefix="/api/v1", tags=["session"], responses=refusals(422, 503))
_one_first_user = threading.Lock()


@router.get("/setup")
def setup(api: TheApi, request: Request) -> Setup:
    """Whether the first user is to be made, and what is needed for it."""
    needed = _nobody_yet(api)
    return Setup(needed=needed, token_needed=needed and not from_this_machine(request))


@router.post("/setup", responses=refusals(403, 409, 429))
def make_first_user(api: TheApi, request: Request, wanted: FirstUser) -> Done:
    """Make the first user, an administrator: on the machine itself, or with the log's token."""
    with _one_first_user:
        if not _nobody_yet(api):
            raise RefusedError(
                409, _("There is a user already: log in, and make others as `/users`.")
            )
        if not from_this_machine(request):
            _begin_attempt(api, request, "")
            given = wanted.first_token.get_secret_value() if wanted.first_token else ""
            if not api.first_token or not same(given, api.first_token):
                raise RefusedError(
                    403,
                    "The first user is made on the machine itself, or with `first_token`, which "
                    "the log of the site shows.",
                )
        password = hashed(api, wanted.password, wanted.name)
        api.write(
            UserMake(name=wanted.name, password=password, role="admin", first=True), wanted.name
        )
    return Done(done=True)


@router.post("/session", responses=refusals(401, 429))
def log_in(api: TheApi, request: Request, response: Response, given: LoggingIn) -> Session:
    """Log in: the answer sets a cookie, and names the CSRF token that writes need."""
    address = _begin_attempt(api, request, given.name)
    with api.reading() as session:
        known = user_named(session, given.name)
    if not _fits(api, known.password if known else None, given.password) or known is None:
        raise RefusedError(401, _("The name or the password is not right."))
    api.attempts.forgive(address, given.name)
    secret, csrf = new_secret(), new_secret()
    until = api.clock.now() + lasts_s(api)
    api.write(SessionMake(id=digest(secret), user=known.name, csrf=csrf, until=until), known.name)
    response.set_cookie(
        cookie_name(api, request),
        secret,
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure(request),
    )
    return Session(
        name=known.name, level=OF_ROLE.get(known.role, ""), cameras=None, csrf=csrf, until=until
    )


@router.get("/session", responses=refusals(401))
def who_am_i(caller: Reader) -> Session:
    """Who is asking, and what they may."""
    return Session(
        name=caller.name,
        level=caller.level,
        cameras=None if caller.cameras is None else sorted(caller.cameras),
        csrf=caller.log_in.csrf if caller.log_in else None,
        until=caller.log_in.until if caller.log_in else None,
    )


@router.delete("/session", responses=refusals(401, 403))
def log_out(
    api: TheApi,
    request: Request,
    response: Response,
    caller: Reader,
    everywhere: Annotated[
        bool, Query(description="Wherever the person is logged in, not here alone.")
    ] = False,
) -> Done:
    """Log out here, or wherever the person is logged in."""
    person = _person(caller)
    ended = SessionEnd(user=caller.name) if everywhere else SessionEnd(id=person)
    api.write(ended, caller.name)
    response.delete_cookie(
        cookie_name(api, request),
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure(request),
    )
    return Done(done=True)


@router.put("/session/password", responses=refusals(401, 403, 429))
def change_password(api: TheApi, request: Request, caller: Reader, given: NewPassword) -> Done:
    """Change one's own password; all one's log-ins end, this one too."""
    _person(caller)
    address = _begin_attempt(api, request, caller.name)
    with api.reading() as session:
        known = user_named(session, caller.name)
    if not _fits(api, known.password if known else None, given.old):
        raise RefusedError(403, _("That is not your present password."))
    api.attempts.forgive(address, caller.name)
    api.write(
        UserPassword(name=caller.name, password=hashed(api, given.new, caller.name)), caller.name
    )
    return Done(done=True)


def hashed(api: Api, password: SecretStr, name: str) -> str:
    """A new password as it is stored.

    Args:
        api: of the site.
        password: of a person.
        name: of the person.

    Raises:
        RefusedError: 422: it would be guessed at once; 429: too many wait for theirs.
    """
    if said := weakness(password.get_secret_value(), name):
        raise RefusedError(422, said)
    try:
        return api.passwords.hashed(password.get_secret_value())
    except BusyError:
        raise _busy() from None


def _fits(api: Api, stored: str | None, password: SecretStr) -> bool:
    try:
        return api.passwords.fits(stored, password.get_secret_value())
    except BusyError:
        raise _busy() from None


def _begin_attempt(api: Api, request: Request, user: str) -> str:
    address = address_of(request)
    wait = api.attempts.begin(address, user)
    if wait > 0:
        seconds = int(wait) + 1
        raise RefusedError(
            429,
            f"Too many attempts: wait {seconds} seconds.",
            {"Retry-After": str(seconds)},
        )
    return address


def _person(caller: Caller) -> str:
    if caller.log_in is None:
        raise RefusedError(403, "This is for people who have logged in; a token has no password.")
    return caller.log_in.id


def _nobody_yet(api: Api) -> bool:
    with api.reading() as session:
        return not users(session)


def _busy() -> RefusedError:
    return RefusedError(429, "Too many log in at the moment: try again.", {"Retry-After": "5"})
