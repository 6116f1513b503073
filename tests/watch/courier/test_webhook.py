from __future__ import annotations

import json
import socket

import pytest

from awry.watch.courier.channels import UndeliveredError
from awry.watch.courier.webhook import Webhook, is_genuine, signature
from watch_courier import NOW, http_sink, letter, stored


def now() -> float:
    return NOW + 0.7


def test_a_message_is_posted_signed_and_genuine() -> None:
    with http_sink() as sink:
        Webhook(f"{sink.url}/hook?x=1", "key", now).send(letter(events=[stored()]))
    ((path, headers, body),) = sink.came
    assert path == "/hook?x=1"
    assert json.loads(body)["event"]["camera"] == "front"
    assert headers["X-Awry-Delivery"] == "e1/new"
    stamp, signed = headers["X-Awry-Timestamp"], headers["X-Awry-Signature"]
    assert is_genuine("key", stamp, body, signed, NOW + 299)
    assert not is_genuine("key", stamp, body, signed, NOW + 301), "a repetition"
    assert not is_genuine("other", stamp, body, signed, NOW)
    assert not is_genuine("key", stamp, body + b" ", signed, NOW)
    assert not is_genuine("key", str(int(stamp) + 1), body, signed, NOW)
    assert not is_genuine("key", "x", body, signature("key", "x", body), NOW)


def test_a_signature_as_openssl_makes_it() -> None:
    # printf '1.{}' | openssl dgst -sha256 -hmac key
    wanted = "1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
    assert signature("key", "1", b"{}") == f"v1={wanted}"


def test_without_a_secret_nothing_is_signed_and_names_become_a_header() -> None:
    with http_sink() as sink:
        Webhook(sink.url.replace("//", "//me:p%40ss@"), None, now).send(letter())
    ((_, headers, _),) = sink.came
    assert "X-Awry-Signature" not in headers
    assert headers["Authorization"] == "Basic bWU6cEBzcw=="


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, False), (404, False), (410, False), (408, True), (429, True), (500, True), (302, True)],
)
def test_which_answers_are_final(status: int, again: bool) -> None:
    with http_sink() as sink:
        sink.answers.append((status, {"Retry-After": "30"}))
        with pytest.raises(UndeliveredError, match=str(status)) as caught:
            Webhook(sink.url, None, now).send(letter())
    assert (caught.value.again, caught.value.wait_s) == (again, 30)


def test_redirects_are_followed_on_the_same_host_alone() -> None:
    with http_sink() as sink, http_sink() as other:
        sink.answers.append((307, {"Location": "/new"}))
        Webhook(f"{sink.url}/old", None, now).send(letter())
        assert [path for path, _, _ in sink.came] == ["/old", "/new"]
        sink.answers.append((308, {"Location": f"{other.url}/take"}))
        with pytest.raises(UndeliveredError, match="another host") as caught:
            Webhook(sink.url, None, now).send(letter())
        assert not caught.value.again
        assert not other.came
        sink.answers += [(307, {"Location": "/again"})] * 9
        with pytest.raises(UndeliveredError, match="more than 3"):
            Webhook(sink.url, None, now).send(letter())


def test_a_receiver_that_never_answers_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UndeliveredError) as caught:
            Webhook(f"http://me:hush@127.0.0.1:{port}/hush", None, now, 0.05).send(letter())
    assert caught.value.again
    assert "hush" not in str(caught.value)


def test_a_receiver_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UndeliveredError, match="refused") as caught:
        Webhook(f"http://127.0.0.1:{port}", None, now).send(letter())
    assert caught.value.again


@pytest.mark.parametrize("address", ["ftp://x/hush", "https://", "http://[::1", "http://h:9x/hush"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UndeliveredError) as caught:
        Webhook(address, None, now).send(letter())
    assert not caught.value.again
    assert "hush" not in str(caught.value)
