"""The web server of a review: pictures and the page, on this machine unless told otherwise."""

from __future__ import annotations

import secrets
import socket
import warnings
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI, Response
from nicegui import core, ui

from awry.errors import AwryError, ConfigError
from awry.serving import LOOPBACK, App, OriginGuard, ServerThread, listener, this_machine_alone
from awry.sifting.review.guard import TokenGuard
from awry.sifting.review.learning import Learning
from awry.sifting.review.page import Addresses, Page
from awry.sifting.review.pictures import Pictures
from awry.sifting.review.session import ReviewSession

DEFAULT_PORT = 8765
# No browser can ask for these: they stand for all of this machine's addresses.
_ANYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens.

    Attributes:
        listener: bound, not listening yet.
        address: for a browser; holds the token where there is one.
        token: what requests must bring; empty on this machine alone.
    """

    listener: socket.socket
    address: str
    token: str


def bound(host: str, port: int | None) -> Endpoint:
    """Take a port.

    Args:
        host: name or address of one of this machine's network interfaces.
        port: 0 takes any free one, None the usual one, or any free one where that is taken.

    Raises:
        ConfigError: the host is none of this machine's, or the port is taken.
    """
    try:
        taken = listener(host, DEFAULT_PORT if port is None else port)
    except OSError as error:
        if port is not None or isinstance(error, socket.gaierror):
            raise ConfigError(
                f"Cannot listen on {host}, port {DEFAULT_PORT if port is None else port}: "
                f"{error.strerror}. Choose another --port (0: any free one) or --host."
            ) from error
        taken = listener(host, 0)
    token = "" if host in LOOPBACK else secrets.token_urlsafe(24)
    name = socket.gethostname() if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{taken.getsockname()[1]}/"
    return Endpoint(taken, f"{address}?token={token}" if token else address, token)


def application(session: ReviewSession) -> FastAPI:
    """The pictures and the page of a session."""
    app = FastAPI(openapi_url=None)
    pictures, learning = Pictures(session), Learning(session)
    # Browsers keep pictures; those of another run must not be shown in their place.
    addresses = Addresses(secrets.token_hex(4))

    def there(clip: int, place: int) -> bool:
        clips = session.run.clips
        return 0 <= clip < len(clips) and 0 <= place < len(clips[clip].indices)

    @app.get(addresses.root + "/{kind}/{version}/{clip}/{place}")
    def picture(kind: str, version: int, clip: int, place: int) -> Response:
        makers = {"frame": pictures.frame, "heat": pictures.heat, "clip": pictures.clip}
        if kind not in makers or not there(clip, place):
            return Response(status_code=404)
        try:
            encoded = makers[kind](clip, place)
        except (AwryError, OSError) as error:
            return Response(str(error), 503, media_type="text/plain")
        if encoded is None:
            return Response(status_code=404)
        media = "image/webp" if kind == "clip" else "image/jpeg"
        return Response(
            encoded, headers={"cache-control": "private, max-age=3600"}, media_type=media
        )

    @ui.page("/")
    def index() -> None:
        session.reread()
        Page(session, learning, addresses)

    ui.run_with(app, title=f"awry review {session.folder.name}", show_welcome_message=False)
    return app


class Server(ServerThread):
    """A server in a thread of its own; `with Server(session, endpoint)` or `close` ends it.

    Args:
        session: what is reviewed.
        endpoint: where to listen.

    Raises:
        ConfigError: the page cannot be served.
    """

    def __init__(self, session: ReviewSession, endpoint: Endpoint) -> None:
        _renew_page_library()
        app: App = OriginGuard(application(session))
        config = uvicorn.Config(
            TokenGuard(app, endpoint.token) if endpoint.token else this_machine_alone(app),
            log_level="error",
            access_log=False,  # its lines would hold the token
            timeout_graceful_shutdown=1,
            ws_max_size=2**20,
        )
        super().__init__(config, endpoint.listener, "review")
        with warnings.catch_warnings():
            # NiceGUI goes through every object there is, which wakes other libraries' warnings.
            warnings.simplefilter("ignore", FutureWarning)
            begun = self.begin()
        if not begun:
            raise ConfigError(f"The review page cannot be served at {endpoint.address}.")


def _renew_page_library() -> None:
    """Let NiceGUI's one application of the process be set up once more.

    Raises:
        ConfigError: a page is being served.
    """
    if not core.app.is_stopped:
        raise ConfigError(
            "This program shows a review page already: close that one first, or show the other "
            "one from a program of its own."
        )
    core.app.middleware_stack = None
    core.app.user_middleware.clear()
