"""Who may see the page: on this machine everybody, elsewhere who has the token."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

LOOPBACK = ("127.0.0.1", "localhost")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TokenGuard:
    """An ASGI application behind a token; whoever came with it once is known by a cookie.

    Requests and websockets without it get 403.

    Args:
        app: what is guarded.
        token: what has to be there, as `?token=...` or in the cookie.
    """

    def __init__(self, app: App, token: str) -> None:
        self._app = app
        self._token = token
        # Cookies do not tell ports apart: two reviews must not take each other's.
        self._name = "awry_review_" + hashlib.sha256(token.encode()).hexdigest()[:8]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan" or self._fits(_cookie(scope, self._name)):
            await self._app(scope, receive, send)
        elif self._fits(_asked(scope)):
            await self._app(scope, receive, self._with_cookie(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # 403, before it is accepted
        else:
            await _refuse(send, 403, "The address needs the token that awry review has printed.")

    def _fits(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _with_cookie(self, send: Send) -> Send:
        cookie = f"{self._name}={self._token}; Path=/; HttpOnly; SameSite=Strict".encode()

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"set-cookie", cookie)]
                message = {**message, "headers": headers}
            await send(message)

        return sending


class HostGuard:
    """An ASGI application that answers under this machine's own names alone.

    Without it, a foreign web page could reach the application by a name of its own that leads
    to this machine.

    Args:
        app: what is guarded.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        host = _header(scope, b"host").rpartition(":")[0] or _header(scope, b"host")
        if scope["type"] == "lifespan" or host in LOOPBACK:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send, 403, "This page answers as 127.0.0.1 and localhost alone.")


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope.get("headers", []) if k == name), "")


def _cookie(scope: Scope, name: str) -> str:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(_header(scope, b"cookie"))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _asked(scope: Scope) -> str:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return query.get("token", [""])[0]


async def _refuse(send: Send, status: int, words: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
