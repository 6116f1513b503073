"""Who may ask awry's web servers, and where they listen."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
import uvicorn

from asgi import app, ask, status
from awry.serving import OriginGuard, ServerThread, listener, this_machine_alone


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


def test_a_server_answers_from_a_thread_until_it_is_closed() -> None:
    taken = listener("127.0.0.1", 0)
    port = taken.getsockname()[1]
    server = ServerThread(uvicorn.Config(app, log_level="error", lifespan="off"), taken, "test")
    assert server.begin()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        assert answer.read() == b"in"
    server.close()
    assert not server.running
    with listener("127.0.0.1", port) as again:
        assert again.getsockname()[1] == port


def test_a_taken_port_and_a_foreign_host_are_refused() -> None:
    with listener("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            listener("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(OSError, match="assign"):
        listener("192.0.2.1", 8780)
