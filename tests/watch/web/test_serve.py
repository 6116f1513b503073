"""The API on a port of this machine."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from asgi import app
from awry.errors import ConfigError
from awry.watch.site.model import Tls, Web
from awry.watch.web.serve import address, server, taken


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for this machine, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    made = Tls(certificate=folder / "chain.pem", key=folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made


def asked(where: str, **options: Any) -> bytes:
    with urllib.request.urlopen(where, timeout=10, **options) as answer:
        return bytes(answer.read())


async def mirror(scope: Any, receive: Any, send: Any) -> None:
    """Says who asks, and how."""
    body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def test_it_answers_and_ends() -> None:
    web = Web(port=0)
    place = taken(web)
    where = address(web, place)
    running = server(app, web, place)
    assert asked(where) == b"in"
    running.close()
    with pytest.raises(urllib.error.URLError):
        asked(where)


def test_by_tls(tls: Tls) -> None:
    web = Web(port=0, tls=tls)
    place = taken(web)
    where = address(web, place)
    assert where.startswith("https://127.0.0.1:")
    running = server(mirror, web, place)
    trusting = ssl.create_default_context(cafile=str(tls.certificate))
    assert json.loads(asked(where, context=trusting))[1] == "https"
    running.close()


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [((), ["127.0.0.1", "http"]), (("127.0.0.1",), ["203.0.113.7", "https"])],
)
def test_only_trusted_proxies_say_who_asks(proxies: tuple[str, ...], expected: list[str]) -> None:
    web = Web(port=0, trusted_proxies=proxies)
    place = taken(web)
    running = server(mirror, web, place)
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(address(web, place), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.loads(answer.read()) == expected
    running.close()


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"cannot listen on 127\.0\.0\.1, port {port}: Add"):
            taken(Web(port=port))
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1"):
        taken(Web(host="192.0.2.1"))


@pytest.mark.parametrize("content", [None, "rubbish"])
def test_a_certificate_that_cannot_be_used(tls: Tls, tmp_path: Path, content: str | None) -> None:
    wrong = tmp_path / "wrong.pem"
    if content:
        wrong.write_text(content)
    web = Web(port=0, tls=Tls(certificate=wrong, key=tls.key))
    place = taken(web)
    with pytest.raises(ConfigError, match="certificate and its key"):
        server(app, web, place)
    assert place.fileno() == -1


def test_an_ipv6_address_is_in_brackets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
        assert address(Web(host="::1"), place) == f"http://[::1]:{port}"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """A websocket that says what it is told, as bytes."""
    assert scope["type"] == "websocket"
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "bytes": message["text"].encode()})


def test_websockets_that_say_little() -> None:
    web = Web(port=0)
    place = taken(web)
    serving = server(echo, web, place)
    try:
        where = f"ws://127.0.0.1:{place.getsockname()[1]}/"
        with connect(where, open_timeout=10) as socket:
            socket.send("hello")
            assert socket.recv(timeout=10) == b"hello"
            socket.send("x" * 5000)  # browsers have nothing long to say here
            with pytest.raises(ConnectionClosedError):
                socket.recv(timeout=10)
    finally:
        serving.close()
