"""What every answer says to browsers, and how large a request may be."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from awry.pages.refusals import answered
from awry.serving import App, Receive, Scope, Send, header

LARGEST_BODY = 256 * 1024
"""Bytes of a request."""
_SAID = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_BY_TLS = {"strict-transport-security": "max-age=31536000"}


class SafeHeaders:
    """An ASGI application whose answers forbid browsers all they do not need.

    A header that the application gives itself stays, e.g. how long a picture may be kept.

    Args:
        app: whose answers.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        texts = _SAID | (_BY_TLS if scope.get("scheme") == "https" else {})
        said = [(name.encode(), value.encode()) for name, value in texts.items()]

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                known = {name.lower() for name, _ in given}
                more = [(name, value) for name, value in said if name not in known]
                left = [(name, value) for name, value in given if name.lower() != b"server"]
                message = {**message, "headers": left + more}
            await send(message)

        await self._app(scope, receive, sending)


class _TooLargeError(Exception):
    pass


class SmallBodies:
    """An ASGI application that takes small requests alone, and JSON where there is a body.

    A page of another site can send forms and plain text without being asked, but no JSON.

    Args:
        app: what is asked.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = header(scope, b"content-length")
        has_body = length not in ("", "0") or header(scope, b"transfer-encoding") != ""
        kind = header(scope, b"content-type").partition(";")[0].strip().lower()
        if len(length) > 12 or (length.isdigit() and int(length) > LARGEST_BODY):
            await self._refuse(413, _TOO_LARGE, scope, receive, send)
        elif has_body and kind != "application/json":
            said = "The body of a request is JSON: `Content-Type: application/json`."
            await self._refuse(415, said, scope, receive, send)
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, begun = 0, False

        async def receiving() -> MutableMapping[str, Any]:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST_BODY:
                raise _TooLargeError
            return message

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except _TooLargeError:
            if not begun:
                await self._refuse(413, _TOO_LARGE, scope, receive, send)

    async def _refuse(
        self, status: int, said: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await answered(status, said)(scope, receive, send)


_TOO_LARGE = f"The request is larger than {LARGEST_BODY // 1024} KiB."
