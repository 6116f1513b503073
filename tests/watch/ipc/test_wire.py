"""Parcels in whatever pieces they come, over sockets that never block."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import InputError, WriteError
from awry.watch.ipc import places
from awry.watch.ipc.codec import LONGEST
from awry.watch.ipc.wire import Dialler, Outgoing, Parcels, Stream, listening, parcel


@given(st.lists(st.binary(max_size=30), max_size=6), st.integers(1, 9))
def test_parcels_are_put_together_again(contents: list[bytes], piece: int) -> None:
    data = b"".join(parcel(one) for one in contents)
    parcels, came = Parcels(), []
    for place in range(0, len(data), piece):
        came += parcels.feed(data[place : place + piece])
    assert came == contents


def test_a_parcel_may_be_made_of_parts() -> None:
    assert parcel(b"ab", b"", b"c") == b"\0\0\0\3abc"


def test_a_length_that_nobody_sends_is_refused() -> None:
    with pytest.raises(InputError, match="too long"):
        Parcels().feed((LONGEST + 65).to_bytes(4, "big"))


def test_what_waits_goes_in_pieces() -> None:
    out = Outgoing()
    out.add(b"abcd")
    out.add(b"ef")
    sent = b""
    while out.size:
        sent += bytes(out.first()[:3])
        out.wrote(min(3, len(out.first())))
    assert sent == b"abcdef"


def test_two_ends_speak_and_one_goes() -> None:
    one, other = (Stream(end) for end in socket.socketpair())
    one.send(b"hello ", b"there")
    assert one.unsent > 0
    one.flush()
    other.wait(5)
    assert other.receive() == [b"hello there"]
    one.send(b"last")
    one.flush()
    one.close()
    other.send(b"unheard")
    other.flush()
    assert other.receive() == [b"last"]
    assert other.closed
    other.close()


def test_a_reader_that_reads_nothing_does_not_block() -> None:
    one, other = (Stream(end) for end in socket.socketpair())
    one.send(bytes(5_000_000))
    one.flush()
    assert one.unsent > 0
    came: list[bytes] = []
    while not came:
        came += other.receive(100_000)
        one.flush()
    assert (len(came[0]), one.unsent, one.writing) == (5_000_000, 0, 0)
    one.close()
    other.close()


def test_a_place_is_listened_at_for_this_user_alone_and_again_after_a_death() -> None:
    folder = places.make_folder()
    place = folder / "s"
    dialler = Dialler(place, 0.0)
    assert dialler.connect() is None
    for _ in range(2):  # the second finds the first one's socket there
        with listening(place, 1) as one:
            assert stat.S_IMODE(place.stat().st_mode) == 0o600
            stream = dialler.connect()
            assert stream is not None
            one.accept()[0].close()
            stream.close()
    place.unlink()
    folder.rmdir()


def test_whoever_finds_nobody_rests_before_the_next_try() -> None:
    dialler = Dialler(Path("nobody"), 100.0)
    assert dialler.connect() is None
    assert 50 < dialler.rest_s <= 100
    assert dialler.connect() is None


def test_a_place_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="Cannot listen at"):
        listening(tmp_path / "missing" / "s", 1)
