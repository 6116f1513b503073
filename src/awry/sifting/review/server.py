"""The web server of a review: its pictures, API and page, on this machine unless told otherwise."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from awry.errors import ConfigError
from awry.pages.headers import SafeHeaders, SmallBodies
from awry.pages.refusals import install
from awry.serving import LOOPBACK, App, OriginGuard, ServerThread, listener, this_machine_alone
from awry.sifting.review import api, page
from awry.sifting.review.cards import Addresses
from awry.sifting.review.guard import TokenGuard
from awry.sifting.review.learning import Learning
from awry.sifting.review.page import KIT
from awry.sifting.review.picture_routes import pictures_of
from awry.sifting.review.pictures import Pictures
from awry.sifting.review.reviewing import Reviewing
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
    """The pictures, the API and the page of a session, not guarded yet."""
    app = FastAPI(title="awry review", openapi_url=None, redirect_slashes=False)
    # Browsers keep pictures; those of another run must not be shown in their place.
    addresses = Addresses(secrets.token_hex(4))
    review = Reviewing(session, Learning(session), Pictures(session), addresses)
    app.state.reviewing = review
    install(app)
    app.include_router(KIT.router())
    app.include_router(api.router)
    app.include_router(page.router)
    app.include_router(pictures_of(review))
    return app


def guarded(app: FastAPI, token: str) -> App:
    """An application as it is served: with strict headers, and deaf to other sites' pages.

    Args:
        app: as `application` makes it.
        token: what requests must bring; empty: they come from this machine alone.
    """
    inner: App = OriginGuard(SmallBodies(app))
    return SafeHeaders(TokenGuard(inner, token) if token else this_machine_alone(inner))


class Server(ServerThread):
    """A server in a thread of its own; `with Server(session, endpoint)` or `close` ends it.

    Args:
        session: what is reviewed.
        endpoint: where to listen.

    Raises:
        ConfigError: the page cannot be served.
    """

    def __init__(self, session: ReviewSession, endpoint: Endpoint) -> None:
        config = uvicorn.Config(
            guarded(application(session), endpoint.token),
            log_level="error",
            access_log=False,  # its lines would hold the token
            lifespan="off",
            timeout_graceful_shutdown=1,
            server_header=False,
            ws="none",
        )
        super().__init__(config, endpoint.listener, "review")
        if not self.begin():
            raise ConfigError(f"The review page cannot be served at {endpoint.address}.")
