"""What awry's web servers share: who may ask them, and where they listen."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware

LOOPBACK = ("127.0.0.1", "localhost")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class OriginGuard:
    """An ASGI application that pages of other sites cannot talk to.

    A browser names the site of the page that asks in the header `Origin`. Requests and websockets
    from another site than the one they go to get 403, and no answer allows other sites to read it.

    Args:
        app: what is guarded.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        origin = header(scope, b"origin")
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif origin and _site(origin) != header(scope, b"host"):
            await refuse(scope, send, "This page does not answer pages of other sites.")
        else:
            await self._app(scope, receive, _without_cors(send))


def _site(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _without_cors(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            kept = [
                (name, value)
                for name, value in message.get("headers", [])
                if not name.lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": kept}
        await send(message)

    return sending


def this_machine_alone(app: App, names: Iterable[str] = LOOPBACK) -> App:
    """An ASGI application that answers under this machine's own names alone.

    Without it, a foreign web page could reach the application by a name of its own that leads
    to this machine (DNS rebinding).
    """
    return TrustedHostMiddleware(app, list(names), www_redirect=False)


def header(scope: Scope, name: bytes) -> str:
    """A header of a request, its name in small letters; empty where it is not there."""
    return next((v.decode("latin-1") for k, v in scope.get("headers", []) if k == name), "")


def cookie(scope: Scope, name: str) -> str:
    """A cookie of a request; empty where it is not there, or cannot be read."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(header(scope, b"cookie"))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


async def refuse(scope: Scope, send: Send, sentence: str) -> None:
    """Answer a request or a websocket with 403, and say why."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # 403, before it is accepted
    else:
        await answer(send, 403, {"content-type": "text/plain; charset=utf-8"}, sentence)


async def answer(send: Send, status: int, headers: Mapping[str, str], body: str) -> None:
    """Answer a request with a text."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body.encode()})


def listener(host: str, port: int) -> socket.socket:
    """Take a port; the socket does not listen yet.

    Args:
        host: name or address of one of this machine's network interfaces.
        port: 0 takes any free one.

    Raises:
        OSError: the host is none of this machine's, or the port is taken.
    """
    family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(where)
    except OSError:
        made.close()
        raise
    return made


class ServerThread(uvicorn.Server):
    """A web server in a thread of its own; `close` ends it.

    Args:
        config: of the server.
        taken: where it listens; closed in the end.
        name: of the thread.
    """

    def __init__(self, config: uvicorn.Config, taken: socket.socket, name: str) -> None:
        super().__init__(config)
        self._taken = taken
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._answer, name=name, daemon=True)

    def begin(self) -> bool:
        """Start; returns whether it answers requests now."""
        self._thread.start()
        self._begun.wait()
        return self.started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        self._begun.set()

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread.is_alive()

    def wait(self) -> None:
        """Until it ends."""
        while self.running:
            self._thread.join(1.0)  # with an end: a join without one hears no Ctrl-C everywhere

    def close(self) -> None:
        """Answer no more requests; those under way get what the configuration says."""
        self.should_exit = True
        self.wait()

    def _answer(self) -> None:
        try:
            self.run(sockets=[self._taken])
        finally:
            self._taken.close()
            self._begun.set()
