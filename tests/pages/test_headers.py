"""What answers forbid browsers, and how large a request may be."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from awry.pages.headers import LARGEST_BODY, SafeHeaders, SmallBodies

RECEIVED: list[bytes] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, then answers."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    RECEIVED.append(body)
    headers = [(b"cache-control", b"private"), (b"server", b"awry")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"in"})


def ask(guarded: Any, pieces: list[bytes], scheme: str = "http", **headers: str) -> list[Any]:
    sent: list[Any] = []
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "scheme": scheme, "headers": pairs, "method": "POST", "path": "/"}
    waiting = [
        {"type": "http.request", "body": piece, "more_body": place + 1 < len(pieces)}
        for place, piece in enumerate(pieces)
    ]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guarded(scope, receive, send))
    return sent


def test_every_answer_has_strict_headers_and_keeps_its_own() -> None:
    plain = dict(ask(SafeHeaders(app), [b""])[0]["headers"])
    assert plain[b"content-security-policy"].startswith(b"default-src 'none'")
    assert plain[b"x-content-type-options"] == b"nosniff"
    assert plain[b"x-frame-options"] == b"DENY"
    assert plain[b"referrer-policy"] == b"no-referrer"
    assert plain[b"cache-control"] == b"private"
    assert b"server" not in plain
    assert b"strict-transport-security" not in plain
    by_tls = dict(ask(SafeHeaders(app), [b""], "https")[0]["headers"])
    assert b"max-age" in by_tls[b"strict-transport-security"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"content_length": "0"}, 200),
        ({"content_length": "2", "content_type": "application/json"}, 200),
        ({"content_length": "2", "content_type": "Application/JSON; charset=utf-8"}, 200),
        ({"content_length": "2"}, 415),
        ({"content_length": "2", "content_type": "text/plain"}, 415),
        ({"content_length": "2", "content_type": "multipart/form-data"}, 415),
        ({"transfer_encoding": "chunked", "content_type": "text/plain"}, 415),
        ({"content_length": str(LARGEST_BODY), "content_type": "application/json"}, 200),
        ({"content_length": str(LARGEST_BODY + 1), "content_type": "application/json"}, 413),
        ({"content_length": "9" * 5000, "content_type": "application/json"}, 413),
    ],
)
def test_bodies_are_small_and_json(headers: dict[str, str], status: int) -> None:
    answer = ask(SmallBodies(app), [b"{}"], **headers)
    assert answer[0]["status"] == status
    if status != 200:
        assert json.loads(answer[1]["body"])["error"]["status"] == status


def test_a_body_that_grows_without_saying_is_cut_off() -> None:
    RECEIVED.clear()
    pieces = [b"x" * 65536] * 5
    answer = ask(
        SmallBodies(app), pieces, transfer_encoding="chunked", content_type="application/json"
    )
    assert answer[0]["status"] == 413
    assert not RECEIVED
