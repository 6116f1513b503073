from __future__ import annotations

import asyncio
from typing import Any

import pytest

from awry.sifting.review.guard import OriginGuard, TokenGuard, this_machine_alone

TOKEN = "s3cret"


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


@pytest.mark.parametrize(
    "query", ["", "token=", "token=wrong", "other=s3cret", "token=s3cre\u0301"]
)
def test_without_the_token_nothing_is_shown(query: str) -> None:
    guarded = TokenGuard(app, TOKEN)
    assert status(ask(guarded, query=query)) == 403
    assert ask(guarded, "websocket", query) == [{"type": "websocket.close", "code": 1008}]
    assert status(ask(guarded, cookie="awry_review=s3cret; x")) == 403
    assert status(ask(guarded, cookie="\x01=,;=")) == 403


def test_a_cookie_stands_for_the_token_from_then_on() -> None:
    guarded = TokenGuard(app, TOKEN)
    answer = ask(guarded, query=f"a=b&token={TOKEN}")
    assert status(answer) == 200
    cookie = dict(answer[0]["headers"])[b"set-cookie"].decode()
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    mine = cookie.split(";")[0]
    assert status(ask(guarded, cookie=f"other=1; {mine}")) == 200
    assert ask(guarded, "websocket", cookie=mine) == [{"type": "websocket.accept"}]
    other = TokenGuard(app, "another")
    assert status(ask(other, cookie=mine)) == 403
    assert ask(guarded, "lifespan") == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:8765", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("evil.example:8765", 400),
        ("127.0.0.1.evil.example", 400),
        ("www.localhost", 400),
        ("[::1]:8765", 400),
        ("[::ffff:127.0.0.1]", 400),
        ("127.0.0.1@evil.example", 400),
        ("", 400),
    ],
)
def test_here_it_answers_under_its_own_names_alone(host: str, expected: int) -> None:
    guarded = this_machine_alone(app)
    assert status(ask(guarded, host=host)) == expected
    taken = ask(guarded, "websocket", host=host)[0]["type"] == "websocket.accept"
    assert taken == (expected == 200)


def test_the_token_leaves_the_address_at_the_first_visit() -> None:
    answer = ask(TokenGuard(app, TOKEN), query=f"token={TOKEN}")
    headers = dict(answer[0]["headers"])
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert headers[b"cache-control"] == b"no-store"
    body = answer[1]["body"].decode()
    assert 'content="0;url=/"' in body
    assert TOKEN not in body
    # A websocket never brings the token: the page that opens it has the cookie.
    assert ask(TokenGuard(app, TOKEN), "websocket", f"token={TOKEN}")[0]["code"] == 1008


async def generous(scope: Any, receive: Any, send: Any) -> None:
    """An application that lets every site read its answers."""
    headers = [(b"access-control-allow-origin", b"*"), (b"x-kept", b"1")]
    kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
    await send({"type": kind, "status": 200, "headers": headers})


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        ("", True),
        ("http://127.0.0.1:8765", True),
        ("http://127.0.0.1:9999", False),
        ("https://evil.example", False),
        ("http://127.0.0.1:8765.evil.example", False),
        ("null", False),
        ("http://[bad", False),
    ],
)
def test_pages_of_other_sites_are_refused(kind: str, origin: str, taken: bool) -> None:
    headers = {"host": "127.0.0.1:8765"} | ({"origin": origin} if origin else {})
    answer = ask(OriginGuard(generous), kind, **headers)[0]
    assert (answer.get("status", answer.get("code")) == 200) is taken
    if taken:
        assert answer["headers"] == [(b"x-kept", b"1")]
