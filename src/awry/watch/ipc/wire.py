"""Parcels over sockets and pipes that never block: a length, then so many bytes."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections import deque
from pathlib import Path

from awry.errors import InputError, WriteError
from awry.watch.ipc.codec import LONGEST

_LENGTH = struct.Struct(">I")
_PIECE = 256 * 1024
_LONGEST_REST_S = 1.0
_MORE = 64  # what a parcel may hold beside a message of the greatest length


def parcel(*parts: bytes) -> bytes:
    """Bytes with their length before them."""
    return b"".join([_LENGTH.pack(sum(map(len, parts))), *parts])


class Parcels:
    """Puts parcels together again from whatever pieces they come in."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take what came; returns the contents of the parcels that are whole now.

        Raises:
            InputError: a length that nobody here would send: the other end is no friend.
        """
        self._data += data
        whole, place = [], 0
        while len(self._data) - place >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._data, place)
            if length > LONGEST + _MORE:
                raise InputError(f"A parcel of {length} bytes is too long; {LONGEST} are allowed.")
            if len(self._data) - place - _LENGTH.size < length:
                break
            place += _LENGTH.size
            whole.append(bytes(self._data[place : place + length]))
            place += length
        del self._data[:place]
        return whole


class Outgoing:
    """Bytes that wait to be written; `size` of them."""

    def __init__(self) -> None:
        self._parts: deque[memoryview] = deque()
        self.size = 0

    def add(self, data: bytes) -> None:
        """Queue bytes."""
        self._parts.append(memoryview(data))
        self.size += len(data)

    def first(self) -> memoryview:
        """The next piece to write; only where `size` is above 0."""
        return self._parts[0]

    def wrote(self, count: int) -> None:
        """So many bytes of `first` went out."""
        self.size -= count
        if count == len(self._parts[0]):
            self._parts.popleft()
        else:
            self._parts[0] = self._parts[0][count:]


class Stream:
    """One end of a connected socket, which is made non-blocking.

    `closed` turns True when the other end is gone or sends rubbish.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.socket = connected
        self.closed = False
        self._out, self._in = Outgoing(), Parcels()

    @property
    def unsent(self) -> int:
        """Bytes that the other end has not taken yet."""
        return self._out.size

    def send(self, *parts: bytes) -> None:
        """Queue a parcel; `flush` writes it."""
        self._out.add(parcel(*parts))

    def flush(self) -> None:
        """Write what the other end takes now."""
        try:
            while self._out.size and not self.closed:
                self._out.wrote(self.socket.send(self._out.first()))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            # The other end is gone; what it said before is still to be read, and then `closed`.
            self._out = Outgoing()

    def receive(self, at_most: int = _PIECE) -> list[bytes]:
        """The parcels that came; at most so many bytes are read, so that others have their turn."""
        whole: list[bytes] = []
        try:
            while at_most > 0 and not self.closed:
                data = self.socket.recv(min(_PIECE, at_most))
                self.closed = not data
                whole += self._in.feed(data)
                at_most -= len(data)
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, InputError):
            self.closed = True
        return whole

    def wait(self, timeout_s: float) -> None:
        """Until something came, or went out where something waits; or so long."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | self.writing)
        poll.poll(max(0.0, timeout_s) * 1000)

    @property
    def writing(self) -> int:
        """`select.POLLOUT` where something waits to be written, else 0."""
        return select.POLLOUT if self.unsent else 0

    def close(self) -> None:
        """End the connection."""
        self.closed = True
        with contextlib.suppress(OSError):
            self.socket.close()


def listening(place: Path, backlog: int) -> socket.socket:
    """A non-blocking socket that listens at a path, for this user alone.

    Args:
        place: the socket; one that a dead process left there is replaced.
        backlog: connections that may wait.

    Raises:
        WriteError: the path cannot be listened at.
    """
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        place.unlink(missing_ok=True)
        one.bind(str(place))
        place.chmod(0o600)
        one.listen(backlog)
    except OSError as error:
        one.close()
        raise WriteError(f"Cannot listen at {place}: {error.strerror or error}.") from error
    one.setblocking(False)
    return one


class Dialler:
    """Connects to a path, not too often where nobody listens.

    Args:
        place: the other end's socket.
        first_s: seconds of the first rest; each is twice the one before, up to a second.
    """

    def __init__(self, place: Path, first_s: float) -> None:
        self._place, self._first_s = place, first_s
        self._at, self._pause = 0.0, first_s

    @property
    def rest_s(self) -> float:
        """Seconds until it is worth trying again, at least a thousandth."""
        return max(0.001, self._at - time.monotonic())

    def connect(self) -> Stream | None:
        """A connection; None where nobody listens, or it was tried a moment ago."""
        now = time.monotonic()
        if now < self._at:
            return None
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.setblocking(False)
        try:
            one.connect(str(self._place))
        except OSError:
            one.close()
            self._at = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_REST_S)
            return None
        self._pause = self._first_s
        return Stream(one)

    def lost(self) -> None:
        """The connection was lost: rest before the next."""
        self._at = time.monotonic() + self._pause
