from __future__ import annotations

import pytest

from asgi import app, ask, status
from awry.sifting.review.guard import TokenGuard

TOKEN = "s3cret"


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
