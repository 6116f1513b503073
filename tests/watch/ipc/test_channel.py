"""Sockets: bad peers are dropped, slow ones never hold up the keeper."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.errors import InputError, WriteError
from awry.watch.ipc import channel, places
from awry.watch.ipc.channel import SocketHub, SocketLink
from awry.watch.ipc.codec import encode
from awry.watch.ipc.wire import parcel
from awry.watch.messages import Hello, Message, Request, Scored


@pytest.fixture
def place() -> Iterator[Path]:
    folder = places.make_folder()
    yield places.keeper(folder)
    places.keeper(folder).unlink(missing_ok=True)
    folder.rmdir()


@pytest.fixture
def hub(place: Path) -> Iterator[SocketHub]:
    one = SocketHub(place)
    yield one
    one.close()


def stranger(place: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(5)
    one.connect(str(place))
    return one


def said(message: Message, number: int = 0) -> bytes:
    return parcel(bytes([0]), number.to_bytes(8, "big"), encode(message))


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xff\xff\xff",
        parcel(b"x"),
        parcel(b"\0" * 9, b"no message"),
        said(Request("u", "pin")),
        said(Hello("web", "", 1)) + parcel(b"\0" * 9, b"no message"),
    ],
)
def test_a_peer_that_sends_rubbish_is_dropped(place: Path, hub: SocketHub, rubbish: bytes) -> None:
    with stranger(place) as one:
        one.sendall(rubbish)
        for _ in range(5):
            assert list(hub.poll(0.01)) == []
        assert one.recv(10) == b""
    assert list(hub.connected) == []


def test_what_a_peer_said_before_it_died_is_heard(place: Path, hub: SocketHub) -> None:
    with stranger(place) as one:
        one.sendall(said(Hello("web", "", 1)) + said(Request("u", "pin"), 5))
    (came,) = hub.poll(1)
    assert (came.message, came.number) == (Request("u", "pin"), 5)
    hub.done(came)


def test_a_silent_peer_is_dropped(
    place: Path, hub: SocketHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stranger(place) as one:
        hub.poll(0.01)
        monkeypatch.setattr(channel, "_SILENT_S", -1.0)
        hub.poll(0.01)
        assert one.recv(10) == b""


def test_a_reader_that_never_reads_is_dropped_and_holds_up_nobody(
    place: Path, hub: SocketHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_SLOW", 500_000)
    large = Scored("door", 1.0, "s", 1, "b", 0.5, picture=bytes(200_000))
    with stranger(place) as one:
        one.sendall(said(Hello("web", "", 1)))
        hub.poll(0.01)
        sent = [hub.send("web", "", large) for _ in range(20)]
        assert sent[0]
        assert not sent[-1]


def test_the_newer_of_two_of_one_name_is_heard(place: Path, hub: SocketHub) -> None:
    old, new = SocketLink(place, Hello("web", "", 1)), SocketLink(place, Hello("web", "", 2))
    old.send(Request("u", "pin"))
    hub.poll(0.1)
    new.send(Request("v", "pin"))
    (came,) = hub.poll(0.1)
    assert came.sender == Hello("web", "", 2)
    assert list(hub.connected) == [Hello("web", "", 2)]
    old.close()
    new.close()


def test_a_socket_left_by_the_dead_is_replaced(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    hub = SocketHub(place)
    assert place.stat().st_mode & 0o777 == 0o600
    hub.close()


def test_a_place_that_cannot_be_listened_at(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="Cannot listen"):
        SocketHub(tmp_path / "missing" / "keeper")


def test_large_amounts_pass_both_ways_in_order(place: Path, hub: SocketHub) -> None:
    link = SocketLink(place, Hello("scorer", "0", 1))
    picture = bytes(100_000)
    for step in range(100):
        link.send(Scored("door", 1.0, "s", step, "b", 0.5, picture=picture))
    came = []
    while link.waiting:
        link.poll()
        for one in hub.poll(0.01):
            came.append(one.message)
            hub.done(one)
    assert [one.step for one in came if isinstance(one, Scored)] == list(range(100))
    link.close()


def test_a_hub_that_sends_rubbish_is_left_and_tried_again(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        link = SocketLink(place, Hello("web", "", 1))
        link.send(Request("u", "pin"))
        with listening.accept()[0] as one:
            one.sendall(parcel(b"\0" * 9, b"no message"))
            assert list(link.poll(0.1)) == []
        assert link.waiting == 1
        link.poll(0.2)
        assert link.connected
        link.close()


def test_what_cannot_be_written_is_said_to_the_sender(place: Path) -> None:
    link = SocketLink(place, Hello("web", "", 1))
    with pytest.raises(InputError):
        link.send(Request("u", object()))  # type: ignore[arg-type]
    assert link.waiting == 0
