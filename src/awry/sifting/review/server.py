"""The web server of a review: pictures and the page, on this machine unless told otherwise."""

from __future__ import annotations

import secrets
import socket
import warnings
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI, Response
from nicegui import ui

from awry.errors import AwryError, ConfigError
from awry.sifting.review.guard import LOOPBACK, App, HostGuard, OriginGuard, TokenGuard
from awry.sifting.review.page import Addresses, Page
from awry.sifting.review.pictures import Pictures
from awry.sifting.review.session import ReviewSession
from awry.sifting.review.work import Learning

DEFAULT_PORT = 8765
# No browser can ask for these: they stand for all of this machine's addresses.
_ANYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens.

    Attributes:
        listener: bound, not listening yet.
        address: for a browser; holds the token where there is one.
        token: what requests must bring; empty on this machine alone.
    """

    listener: socket.socket
    address: str
    token: str


def bound(host: str, port: int | None) -> Place:
    """Take a port.

    Args:
        host: name or address of one of this machine's network interfaces.
        port: 0 takes any free one, None the usual one, or any free one where that is taken.

    Raises:
        ConfigError: the host is none of this machine's, or the port is taken.
    """
    try:
        listener = _listener(host, DEFAULT_PORT if port is None else port)
    except OSError as error:
        if port is not None or isinstance(error, socket.gaierror):
            raise ConfigError(
                f"Cannot listen on {host}, port {DEFAULT_PORT if port is None else port}: "
                f"{error.strerror}. Choose another --port (0: any free one) or --host."
            ) from error
        listener = _listener(host, 0)
    token = "" if host in LOOPBACK else secrets.token_urlsafe(24)
    name = socket.gethostname() if host in _ANYWHERE else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listener.getsockname()[1]}/"
    return Place(listener, f"{address}?token={token}" if token else address, token)


def _listener(host: str, port: int) -> socket.socket:
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
    except OSError:
        listener.close()
        raise
    return listener


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
            found = makers[kind](clip, place)
        except (AwryError, OSError) as error:
            return Response(str(error), 503, media_type="text/plain")
        if found is None:
            return Response(status_code=404)
        media = "image/webp" if kind == "clip" else "image/jpeg"
        return Response(found, headers={"cache-control": "private, max-age=3600"}, media_type=media)

    @ui.page("/")
    def index() -> None:
        session.look_again()
        Page(session, learning, addresses)

    ui.run_with(app, title=f"awry review {session.folder.name}", show_welcome_message=False)
    return app


def serve(session: ReviewSession, place: Place) -> None:
    """Answer requests until Ctrl-C."""
    app: App = OriginGuard(application(session))
    guarded = TokenGuard(app, place.token) if place.token else HostGuard(app)
    config = uvicorn.Config(
        guarded,
        log_level="error",
        access_log=False,  # its lines would hold the token
        timeout_graceful_shutdown=1,
        ws_max_size=2**20,
    )
    try:
        with warnings.catch_warnings():
            # NiceGUI looks at every object there is, and wakes other libraries' warnings by it.
            warnings.simplefilter("ignore", FutureWarning)
            uvicorn.Server(config).run(sockets=[place.listener])
    except KeyboardInterrupt:  # this is how it ends
        pass
    finally:
        place.listener.close()
