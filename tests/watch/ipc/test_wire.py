"""Parcels in whatever pieces they come, over sockets that never block."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import InputError
from awry.watch.ipc.codec import LONGEST
from awry.watch.ipc.wire import Outgoing, Parcels, Stream, parcel


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
