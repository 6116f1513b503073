"""Who may see the page: on this machine everybody, elsewhere who has the token; no other site."""

from __future__ import annotations

import hashlib
import html
import secrets
from urllib.parse import parse_qs, quote

from awry.serving import App, Receive, Scope, Send, answer, cookie, refuse


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
        if scope["type"] == "lifespan" or self._fits(cookie(scope, self._name)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and self._fits(_token_in_address(scope)):
            await self._let_in(scope.get("path", "/"), send)
        else:
            await refuse(scope, send, "The address needs the token that awry review has printed.")

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
        await answer(send, 200, headers, page)


def _token_in_address(scope: Scope) -> str:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return query.get("token", [""])[0]
