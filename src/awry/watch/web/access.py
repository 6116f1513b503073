"""Who asks, and what they may: log-ins of people, tokens of programs, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.requests import HTTPConnection

from awry.serving import LOOPBACK, cookie, header
from awry.watch.requests import SessionTouch, TokenTouch, made
from awry.watch.store.accounts import log_in, token, users
from awry.watch.store.results import LogIn
from awry.watch.web.api import Api, TheApi
from awry.watch.web.passwords import digest, same
from awry.watch.web.refusals import RefusedError

Level = Literal["read", "feedback", "admin"]
LEVELS: tuple[Level, ...] = ("read", "feedback", "admin")
"""What a caller may, each with all before it; also the scopes of tokens."""
OF_ROLE: dict[str, Level] = {"viewer": "read", "operator": "feedback", "admin": "admin"}
COOKIE = "awry_session"
CSRF_HEADER = "X-CSRF-Token"
LONGEST_S = 30 * 86_400.0
"""A log-in ends after so long, however often it is used."""
_TOUCH_S, _USED_S = 300.0, 3600.0
_HARMLESS = ("GET", "HEAD", "OPTIONS")
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")

_by_token = HTTPBearer(scheme_name="token", description="A token of this site.", auto_error=False)
_by_cookie = APIKeyCookie(
    name=COOKIE,
    scheme_name="login",
    description=f"A log-in. The cookie's name ends with the port, e.g. `{COOKIE}_8780`, and begins "
    f"with `__Host-` by TLS. Writes need the header `{CSRF_HEADER}` besides.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may ask.

    Attributes:
        name: of the user, or `token NAME`.
        level: what they may.
        cameras: only these; None: all, and the site as a whole.
        log_in: of a person; None: a program's token.
    """

    name: str
    level: Level
    cameras: frozenset[str] | None = None
    log_in: LogIn | None = None

    def may(self, level: Level) -> bool:
        """Whether the level suffices."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def sees(self, camera: str) -> bool:
        """Whether a camera is among theirs; what is of no camera is for those who see all."""
        return self.cameras is None or camera in self.cameras

    def among(self, cameras: Sequence[str] = ()) -> Sequence[str] | None:
        """These cameras, or all of theirs where none is named; None: all there are.

        Raises:
            RefusedError: 403: one of them is not among theirs.
        """
        for camera in cameras:
            self.check(camera)
        return cameras or (None if self.cameras is None else sorted(self.cameras))

    def check(self, camera: str) -> None:
        """Refuse a camera that is not among theirs.

        Raises:
            RefusedError: 403.
        """
        if not self.sees(camera):
            raise RefusedError(
                403, f"The token {self.name.removeprefix('token ')!r} is not for this camera."
            )


class May:
    """A dependency of routes: who asks, provided that they may.

    Args:
        level: what the route needs.
        whole_site: whether the route concerns more than the caller's cameras.
    """

    def __init__(self, level: Level, *, whole_site: bool = False) -> None:
        self.level, self.whole_site = level, whole_site

    def __call__(
        self,
        request: Request,
        api: TheApi,
        _token: Annotated[HTTPAuthorizationCredentials | None, Security(_by_token)],
        _cookie: Annotated[str | None, Security(_by_cookie)],
    ) -> Caller:
        """Who asks.

        Raises:
            RefusedError: 401 nobody, 403 somebody who may not.
        """
        caller = caller_of(api, request)
        if not caller.may(self.level):
            raise RefusedError(
                403, f"This needs the right {self.level!r}; yours is {caller.level!r}."
            )
        if self.whole_site and caller.cameras is not None:
            raise RefusedError(
                403, "This concerns the whole site; the token is for some cameras alone."
            )
        camera = request.path_params.get("camera")
        if camera is not None:
            caller.check(camera)
        return caller


Reader = Annotated[Caller, Depends(May("read"))]
SiteReader = Annotated[Caller, Depends(May("read", whole_site=True))]
Operator = Annotated[Caller, Depends(May("feedback"))]
Administrator = Annotated[Caller, Depends(May("admin"))]
SiteAdministrator = Annotated[Caller, Depends(May("admin", whole_site=True))]


def caller_of(api: Api, request: Request) -> Caller:
    """Who asks, by a token in `Authorization`, else by the cookie of a log-in.

    Raises:
        RefusedError: 401 where it is nobody; 403 where a write lacks the CSRF token.
    """
    given = header(request.scope, b"authorization")
    if given:
        kind, _, secret = given.partition(" ")
        return _by_secret(api, secret.strip() if kind.lower() == "bearer" else "")
    secret = cookie(request.scope, cookie_name(api, request))
    if not secret:
        raise _nobody(api)
    return _logged_in(api, request, secret)


def still(api: Api, request: Request, caller: Caller) -> bool:
    """Whether somebody who follows may still: the log-in lasts, the token was not taken back."""
    try:
        now = caller_of(api, request)
    except RefusedError as refused:
        return refused.status == 503  # who it is cannot be looked up at the moment
    return (now.name, now.cameras) == (caller.name, caller.cameras)


def request_of(connection: HTTPConnection) -> Request:
    """A websocket as the request that it began with, for `caller_of`."""
    scheme = "https" if connection.scope.get("scheme") == "wss" else "http"
    return Request({**connection.scope, "type": "http", "method": "GET", "scheme": scheme})


def _by_secret(api: Api, secret: str) -> Caller:
    with api.reading() as session:
        found = token(session, digest(secret)) if secret else None
    if found is None or found.scope not in LEVELS:
        raise RefusedError(401, "The token is not known here.", {"WWW-Authenticate": "Bearer"})
    cameras = frozenset(found.cameras) or None
    now = api.clock.now()
    if found.used is None or abs(now - found.used) > _USED_S:
        api.tell(made(TokenTouch(id=found.id), f"token {found.name}"))
    level: Level = next(one for one in LEVELS if one == found.scope)
    return Caller(f"token {found.name}", level, cameras)


def _logged_in(api: Api, request: Request, secret: str) -> Caller:
    now = api.clock.now()
    with api.reading() as session:
        found = log_in(session, digest(secret), now)
    if found is None or found.role not in OF_ROLE or now > found.made + LONGEST_S:
        raise RefusedError(401, "The log-in has ended: log in again.")
    given = header(request.scope, CSRF_HEADER.lower().encode())
    if request.method not in _HARMLESS and not same(given, found.csrf):
        raise RefusedError(
            403, f"A write needs the log-in's CSRF token in the header {CSRF_HEADER}."
        )
    if now > found.seen + min(_TOUCH_S, lasts_s(api) / 10):
        api.tell(made(SessionTouch(id=found.id, until=now + lasts_s(api)), found.user))
    return Caller(found.user, OF_ROLE[found.role], None, found)


def _nobody(api: Api) -> RefusedError:
    with api.reading() as session:
        first = not users(session)
    said = (
        "There is no user yet: make the first with POST /api/v1/setup, or with `awry watch user "
        "add NAME --role admin` on the machine."
        if first
        else "Log in, or send a token as `Authorization: Bearer TOKEN`."
    )
    return RefusedError(401, said, {"WWW-Authenticate": "Bearer"})


def lasts_s(api: Api) -> float:
    """How long a log-in lasts without use, in seconds."""
    return api.settings.web.session_hours * 3600.0


def secure(request: Request) -> bool:
    """Whether the request came by TLS, here or at a trusted proxy."""
    return bool(request.scope.get("scheme") == "https")


def cookie_name(api: Api, request: Request) -> str:
    """The cookie's name, with the port: browsers do not tell sites on two ports apart.

    They hold one that begins with `__Host-` to this very host by TLS.
    """
    name = f"{COOKIE}_{api.settings.web.port}"
    return f"__Host-{name}" if secure(request) else name


def address_of(request: Request) -> str:
    """The address that asks; behind a trusted proxy the one that it names."""
    return request.client.host if request.client else ""


def from_this_machine(request: Request) -> bool:
    """Whether somebody asks on this machine, under its own name, and through no proxy."""
    try:
        host = request.url.hostname or ""
    except ValueError:
        return False
    forwarded = any(header(request.scope, name) for name in _FORWARDED)
    near = address_of(request) in ("127.0.0.1", "::1")
    return near and host in (*LOOPBACK, "::1") and not forwarded
