"""The web process: the API answers in threads, while the loop here carries their requests."""

from __future__ import annotations

import logging
import time

from awry.errors import AwryError, InputError
from awry.serving import LOOPBACK, ServerThread
from awry.watch.ipc.links import Context
from awry.watch.messages import Answer, Configure, Load, Request, Stop, new_uid
from awry.watch.once import Once
from awry.watch.site.model import Web, database_url
from awry.watch.site.portions import WebSettings
from awry.watch.store.accounts import users
from awry.watch.store.database import Database, read_database
from awry.watch.store.layout import Layout
from awry.watch.web.api import Api
from awry.watch.web.app import application, guarded
from awry.watch.web.asking import Asking
from awry.watch.web.changes import Feed
from awry.watch.web.passwords import new_secret
from awry.watch.web.serve import address, server, taken

_LOG = logging.getLogger(__name__)
_POLL_S, _RETRY_S, _LOAD_S = 0.05, 1.0, 5.0
RELOAD = "config.reload"
"""What the supervisor is asked for when the site's file was changed here."""
PROCESSES = "processes"
"""What it is asked for to tell how its processes are."""


def run(context: Context) -> None:
    """Serve the API until the supervisor says `Stop`.

    Raises:
        ConfigError: the port is taken, or the certificate cannot be used.
    """
    process = WebProcess(context)
    try:
        while process.step():
            pass
    finally:
        process.close()


class WebProcess:
    """The loop of the process, turn by turn.

    Attributes:
        address: where the API answers; empty: nowhere yet.

    Args:
        context: of the process.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._settings = WebSettings.model_validate_json(context.settings)
        self._asking = Asking(context.clock)
        self._database: Database | None = None
        self._feed: Feed | None = None
        self._server: ServerThread | None = None
        self._api: Api | None = None
        self._said_load = self._tried = float("-inf")
        self._waits = Once(_LOG)
        self.address = ""

    def step(self) -> bool:
        """One turn: what the supervisor and the keeper say, what threads ask; False: end."""
        for message in self._context.poll():
            if isinstance(message, Stop):
                return False
            if isinstance(message, Configure):
                self._configure(WebSettings.model_validate_json(message.settings))
            elif isinstance(message, Answer):
                self._asking.incoming(message)
        for request, certain in self._asking.outgoing():
            if request.action in (RELOAD, PROCESSES):
                self._context.say(request)
            else:
                self._context.keeper.send(request, certain=certain)
        for message in self._context.keeper.poll(_POLL_S):
            if isinstance(message, Answer):
                self._asking.incoming(message)
        self._serve_if_due()
        self._say_load()
        if self._server is not None and not self._server.running:
            raise InputError("The API's server has ended by itself.")
        return True

    def close(self) -> None:
        """Answer no more."""
        if self._feed is not None:
            self._feed.close()
        if self._server is not None:
            self._server.close()
        if self._database is not None:
            self._database.close()
        self._feed = self._server = self._database = None

    def _serve_if_due(self) -> None:
        now = self._context.clock.monotonic()
        if self._server is not None or not self._settings.web.enabled:
            return
        if now < self._tried + _RETRY_S:
            return
        self._tried = now
        database = self._opened()
        if database is not None:
            self._database = database
            self._serve(database)

    def _opened(self) -> Database | None:
        """The database, once the keeper has made it."""
        try:
            return read_database(Layout(self._settings.store), database_url(self._settings))
        except InputError as error:
            self._waits.say(logging.INFO, f"The API waits: {error}")
            return None

    def _serve(self, database: Database) -> None:
        web = self._settings.web
        place = taken(web)
        here = address(web, place)
        self._feed = Feed(database)
        app = application(
            self._settings,
            database,
            self._asking.ask,
            self._context.clock,
            tell=self._asking.tell,
            live_place=self._context.live_place,
            reload=lambda: self._asking.ask(Request(new_uid(), RELOAD)),
            processes=lambda: self._asking.ask(Request(new_uid(), PROCESSES)),
            first_token=self._first_token(database, web),
            feed=self._feed,
        )
        self._api = app.state.api
        self._server = server(guarded(app, self._settings), web, place)
        self.address = here
        _LOG.info("The page is at %s; open it in a browser. The API is below /api/v1.", here)

    def _first_token(self, database: Database, web: Web) -> str:
        with database.reading() as session:
            if users(session):
                return ""
        if web.host in (*LOOPBACK, "::1") and not web.trusted_proxies:
            _LOG.info(
                "There is no user yet: the first is made on the page, in a browser of this machine."
            )
            return ""
        made = new_secret()
        _LOG.warning(
            "There is no user yet. Make the first on this machine, or elsewhere with this token, "
            "which counts until then: %s",
            made,
        )
        return made

    def _configure(self, settings: WebSettings) -> None:
        before, self._settings = self._settings, settings
        if self._server is None:
            return
        if _place_of(before) == _place_of(settings):
            if self._api is not None:
                self._api.settings = settings
            return
        if (before.web.host, before.web.port) != (settings.web.host, settings.web.port):
            try:
                taken(settings.web).close()
            except AwryError as error:
                _LOG.error("%s The API stays where it is.", error)
                self._settings = before
                return
        self.close()
        self._tried = float("-inf")

    def _say_load(self) -> None:
        now = self._context.clock.monotonic()
        if now < self._said_load + _LOAD_S:
            return
        self._said_load = now
        figures = {
            "cpu_s": time.process_time(),
            "followers": float(self._feed.followers if self._feed else 0),
            "waiting": float(self._context.keeper.waiting),
        }
        load = Load("web", self._context.name, self._context.clock.now(), figures)
        self._context.keeper.send(load, certain=False)


def _place_of(settings: WebSettings) -> tuple[object, ...]:
    """What the server was begun with: where it differs, it begins anew."""
    web, url = settings.web, settings.database
    listened = web.model_dump(exclude={"session_hours"})
    return settings.store, url, listened
