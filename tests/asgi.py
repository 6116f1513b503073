"""ASGI applications, and how tests ask them."""

from __future__ import annotations

import asyncio
from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})


def ask(guarded: Any, kind: str = "http", query: str = "", **headers: str) -> list[dict[str, Any]]:
    """What a guarded application answers."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "query_string": query.encode(), "headers": pairs}
    asyncio.run(guarded(scope, None, send))
    return sent


def status(answer: list[dict[str, Any]]) -> int:
    return answer[0].get("status", answer[0].get("code", 0))
