"""The API and the pages of a site as an application, with all its guards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from awry.pages.headers import SafeHeaders, SmallBodies
from awry.serving import LOOPBACK, App, OriginGuard, this_machine_alone
from awry.version import __version__
from awry.watch.clock import Clock
from awry.watch.messages import Answer, Request
from awry.watch.site.portions import WebSettings
from awry.watch.store.database import Database
from awry.watch.web.access import SiteReader
from awry.watch.web.api import Api
from awry.watch.web.attempts import Attempts
from awry.watch.web.changes import Feed
from awry.watch.web.helpers import Helpers, Outside
from awry.watch.web.live import LiveSources
from awry.watch.web.pages import install_pages
from awry.watch.web.passwords import Passwords
from awry.watch.web.refusals import install
from awry.watch.web.routes import (
    adding,
    backups,
    bundles,
    cameras,
    compare,
    events,
    export,
    feedback,
    live,
    media,
    people,
    replay,
    sensitivity,
    session,
    settings,
    site,
    site_settings,
    snoozes,
    system,
    teaching,
    timeline,
)

ROUTERS = (
    session,
    cameras,
    events,
    snoozes,
    media,
    replay,
    bundles,
    settings,
    people,
    site,
    timeline,
    feedback,
    sensitivity,
    compare,
    teaching,
    adding,
    system,
    backups,
    site_settings,
    live,
    export,
)
"""Modules of routes."""
_HERE = (*LOOPBACK, "::1")  # as hosts to listen on
_NAMES = (*LOOPBACK, "[::1]")  # as browsers name them


def application(
    settings: WebSettings,
    database: Database,
    ask: Callable[[Request], Answer],
    clock: Clock,
    *,
    tell: Callable[[Request], None] | None = None,
    reload: Callable[[], Answer] | None = None,
    live_place: Callable[[str], Path | None] = lambda camera: None,
    processes: Callable[[], Answer] | None = None,
    first_token: str = "",
    passwords: Passwords | None = None,
    feed: Feed | None = None,
    outside: Outside | None = None,
) -> FastAPI:
    """The API of a site, not guarded yet against other sites: see `guarded`.

    Args:
        settings: of the web process.
        database: of the site, to read.
        ask: sends a request to the keeper and waits for its answer; raises `KeeperAwayError`.
        clock: the time.
        tell: the same without waiting, for what may be lost; None: `ask`.
        reload: lets the supervisor read the site's file anew; raises as `ask`. None: it looks at
            the file by itself.
        live_place: camera's name -> the socket of its live pictures; None: there are none.
        processes: asks the supervisor how its processes are; raises as `ask`. None: nobody knows.
        first_token: lets the first user be made from another machine; empty: nobody may.
        passwords, feed, outside: in place of the usual ones, for tests.

    Returns:
        The application; its `state.api` is what the routes share.
    """
    app = FastAPI(
        title="awry watch",
        summary="Cameras watched day and night: states, events, clips, budgets.",
        description=_DESCRIPTION,
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.api = Api(
        settings=settings,
        database=database,
        ask=ask,
        tell=tell or (lambda request: _quietly(ask, request)),
        clock=clock,
        passwords=passwords or Passwords(),
        attempts=Attempts(clock),
        feed=feed or Feed(database),
        first_token=first_token,
        live=LiveSources(live_place, clock),
        reload=reload,
        helpers=Helpers(clock, outside),
        processes=processes,
    )
    install(app)
    for routes in ROUTERS:
        app.include_router(routes.router)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    def openapi(caller: SiteReader) -> dict[str, Any]:
        """What the API can do, as OpenAPI describes it."""
        return app.openapi()

    install_pages(app)
    return app


def guarded(app: FastAPI, settings: WebSettings) -> App:
    """The API as it is served: with limits, strict headers, and deaf to other sites' pages.

    On loopback it answers under this machine's own names alone, unless a trusted proxy is in front.

    Args:
        app: as `application` makes it.
        settings: of the web process.
    """
    inner: App = OriginGuard(SmallBodies(app))
    if settings.web.host in _HERE and not settings.web.trusted_proxies:
        inner = this_machine_alone(inner, _NAMES)
    return SafeHeaders(inner)


def _quietly(ask: Callable[[Request], Answer], request: Request) -> None:
    try:
        ask(request)
    except Exception:  # it may be lost, and must not spoil the answer
        return


_DESCRIPTION = """
Programs send a token as `Authorization: Bearer TOKEN`; browsers log in, and send the CSRF token of
the log-in with every write. All times are seconds since 1970-01-01 UTC, all boxes and polygons
shares of the picture. Every error has the body `ErrorBody`. Requests that name another site as
their origin, or another host than this one, are refused before all else by a line of text.
"""
