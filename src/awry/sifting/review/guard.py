"""Who may see the page: on this machine everybody, elsewhere who has the token; no other site."""

from __future__ import annotations

import hashlib
import html
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.middleware.trustedhost import TrustedHostMiddleware

LOOPBACK = ("127.0.0.1", "localhost")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TokenGuard:
    """An ASGI application behind a token; whoever came with it once is known by a cookie.

    The first visit, with `?token=...` in the address, is answered by a page that leads to the
    same address without it: the token stays out of the browser's history, of what it tells other
    sites, and of the addresses that a person copies. Requests and websockets without token or
    cookie get 403.

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
        elif scope["type"] == "http" and self._fits(_token_in_address(scope)):
            await self._let_in(scope.get("path", "/"), send)
        else:
            await _refuse(scope, send, "The address needs the token that awry review has printed.")

    def _fits(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    async def _let_in(self, path: str, send: Send) -> None:
        # A page of our own that leads on, since a browser that followed a foreign link here would
        # not send a strict cookie along with a redirect.
        where = html.escape(quote("/" + path.lstrip("/")))
        page = (
            '<!doctype html><meta charset="utf-8"><title>awry review</title>'
            f'<meta http-equiv="refresh" content="0;url={where}">'
            f'<a href="{where}">Go on to the review</a>'
        )
        headers = {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "set-cookie": f"{self._name}={self._token}; Path=/; HttpOnly; SameSite=Strict",
        }
        await _answer(send, 200, headers, page)


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
        origin = _header(scope, b"origin")
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif origin and _site(origin) != _header(scope, b"host"):
            await _refuse(scope, send, "This page does not answer pages of other sites.")
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


def this_machine_alone(app: App) -> App:
    """An ASGI application that answers under this machine's own names alone.

    Without it, a foreign web page could reach the application by a name of its own that leads
    to this machine (DNS rebinding).
    """
    return TrustedHostMiddleware(app, list(LOOPBACK), www_redirect=False)


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope.get("headers", []) if k == name), "")


def _cookie(scope: Scope, name: str) -> str:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(_header(scope, b"cookie"))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _token_in_address(scope: Scope) -> str:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return query.get("token", [""])[0]


async def _refuse(scope: Scope, send: Send, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # 403, before it is accepted
    else:
        await _answer(send, 403, {"content-type": "text/plain; charset=utf-8"}, sentence)


async def _answer(send: Send, status: int, headers: Mapping[str, str], body: str) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body.encode()})
