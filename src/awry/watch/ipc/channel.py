"""Links over Unix sockets: whoever dies and comes back, what was not done is sent again.

Each parcel is a byte for its kind, a number of 8 bytes, and a message (`codec`); `done` has no
message. Numbers are the sender's; 0 stands for messages that nobody waits for.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from awry.errors import InputError
from awry.watch.ipc.codec import decode, encode
from awry.watch.ipc.links import Received
from awry.watch.ipc.pending import Pending
from awry.watch.ipc.wire import Dialler, Stream, listening
from awry.watch.messages import Hello, Message, Scored

KEPT_BYTES = 64 * 2**20
"""What a link keeps for a keeper that is away."""
_HEAD = struct.Struct(">BQ")
_MESSAGE, _DONE = 0, 1
_WINDOW = 1024 * 1024  # bytes given to a socket at once; the rest stays with the link
_SLOW = 16 * 2**20  # bytes that wait for a reader before it is dropped
_SILENT_S = 10.0  # for the first word of a new connection
_FIRST_REST_S = 0.02


def _opened(parcel: bytes) -> tuple[int, int, bytes]:
    if len(parcel) < _HEAD.size:
        raise InputError("A parcel is too short.")
    kind, number = _HEAD.unpack_from(parcel)
    return kind, number, parcel[_HEAD.size :]


class SocketLink:
    """A `Link` to the hub that listens at a path, from when it listens on; threads may share it.

    Args:
        place: the hub's socket.
        hello: who speaks.
        limit_bytes: of messages that are not done; see `Pending`.
    """

    def __init__(self, place: Path, hello: Hello, limit_bytes: int = KEPT_BYTES) -> None:
        self._hello, self._dialler = hello, Dialler(place, _FIRST_REST_S)
        self._pending: Pending[bytes] = Pending(limit_bytes)
        self._stream: Stream | None = None
        self._came: list[Message] = []
        self._lock = threading.RLock()
        self._ended = False

    @property
    def waiting(self) -> int:
        """Messages that the other side has not done yet."""
        return len(self._pending)

    @property
    def lost(self) -> int:
        """Messages that were given up since the beginning, `Scored` ones first."""
        return self._pending.lost

    @property
    def connected(self) -> bool:
        """Whether the hub is there."""
        return self._stream is not None

    @property
    def files(self) -> list[int]:
        """Files that can be read when something came; none while the hub is away."""
        return [] if self._stream is None else [self._stream.socket.fileno()]

    def send(self, message: Message, *, certain: bool = True) -> None:
        """See `Link.send`.

        Raises:
            InputError: the message cannot be written, or is too long.
        """
        data = encode(message)
        with self._lock:
            if certain:
                self._pending.add(data, len(data), score=isinstance(message, Scored))
            elif self._stream is not None and self._stream.unsent < _WINDOW:
                self._stream.send(_HEAD.pack(_MESSAGE, 0), data)
            self._exchange()

    def poll(self, timeout_s: float = 0.0) -> Sequence[Message]:
        """See `Link.poll`."""
        end = time.monotonic() + timeout_s
        while True:
            with self._lock:
                self._exchange()
                came, self._came = self._came, []
                stream = self._stream
            left = end - time.monotonic()
            if came or left <= 0 or self._ended:
                return came
            if stream is None:
                time.sleep(min(left, self._dialler.rest_s))
            else:
                stream.wait(min(left, 1.0))

    def close(self) -> None:
        """End the connection; what waits is lost."""
        with self._lock:
            self._ended = True
            self._break()

    def _exchange(self) -> None:
        if self._stream is None:
            self._connect()
        if self._stream is None:
            return
        self._fill(self._stream)
        for parcel in self._stream.receive():
            self._read(parcel)
        self._fill(self._stream)
        if self._stream.closed:
            self._break()

    def _fill(self, stream: Stream) -> None:
        for number, data in self._pending.unsent():
            stream.send(_HEAD.pack(_MESSAGE, number), data)
            if stream.unsent > _WINDOW:
                stream.flush()
                if stream.unsent > _WINDOW:
                    return
        stream.flush()

    def _read(self, parcel: bytes) -> None:
        try:
            kind, number, data = _opened(parcel)
            if kind == _DONE:
                self._pending.done(number)
            else:
                self._came.append(decode(data))
        except InputError:
            assert self._stream is not None
            self._stream.closed = True

    def _connect(self) -> None:
        self._stream = None if self._ended else self._dialler.connect()
        if self._stream is None:
            return
        self._pending.again()
        self._stream.send(_HEAD.pack(_MESSAGE, 0), encode(self._hello))

    def _break(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            self._dialler.lost()


class _Peer:
    """One connection of a hub."""

    def __init__(self, connected: socket.socket) -> None:
        self.stream = Stream(connected)
        self.hello: Hello | None = None
        self.since = time.monotonic()


class SocketHub:
    """A `Hub` that listens at a path; a socket that a dead one left there is replaced.

    Raises:
        WriteError: the path cannot be listened at.
    """

    def __init__(self, place: Path) -> None:
        self._listening = listening(place, 64)
        self._peers: dict[int, _Peer] = {}

    @property
    def connected(self) -> Sequence[Hello]:
        """Who is."""
        return [peer.hello for peer in self._peers.values() if peer.hello is not None]

    @property
    def files(self) -> list[int]:
        """Files that can be read when somebody comes or says something."""
        peers = [peer.stream.socket.fileno() for peer in self._peers.values()]
        return [self._listening.fileno(), *peers]

    def poll(self, timeout_s: float = 0.0) -> Sequence[Received]:
        """See `Hub.poll`."""
        end = time.monotonic() + timeout_s
        while True:
            came = self._turn()
            left = end - time.monotonic()
            if came or left <= 0:
                return came
            self._wait(min(left, 1.0))

    def done(self, received: Received) -> None:
        """See `Hub.done`; a sender that is gone will send again, and hear it then."""
        peer = self._peer(received.sender.process, received.sender.name)
        if received.number and peer is not None and peer.hello == received.sender:
            self._say(peer, _HEAD.pack(_DONE, received.number))

    def send(self, process: str, name: str, message: Message) -> bool:
        """See `Hub.send`; a reader that is far too slow is dropped.

        Raises:
            InputError: the message cannot be written, or is too long.
        """
        peer = self._peer(process, name)
        return peer is not None and self._say(peer, _HEAD.pack(_MESSAGE, 0) + encode(message))

    def close(self) -> None:
        """End all connections."""
        self._listening.close()
        for peer in self._peers.values():
            peer.stream.close()
        self._peers.clear()

    def _peer(self, process: str, name: str) -> _Peer | None:
        for peer in self._peers.values():
            if peer.hello is not None and (peer.hello.process, peer.hello.name) == (process, name):
                return peer
        return None

    def _say(self, peer: _Peer, data: bytes) -> bool:
        peer.stream.send(data)
        peer.stream.flush()
        if peer.stream.unsent > _SLOW:
            peer.stream.closed = True
        return not peer.stream.closed

    def _turn(self) -> list[Received]:
        self._accept()
        came = []
        for key, peer in list(self._peers.items()):
            peer.stream.flush()
            try:
                for parcel in peer.stream.receive():
                    came += self._read(peer, parcel)
            except InputError:
                peer.stream.closed = True
            late = peer.hello is None and time.monotonic() - peer.since > _SILENT_S
            if (peer.stream.closed or late) and self._peers.get(key) is peer:
                peer.stream.close()
                del self._peers[key]
        return came

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connected, _ = self._listening.accept()
                self._peers[connected.fileno()] = _Peer(connected)

    def _read(self, peer: _Peer, parcel: bytes) -> list[Received]:
        _, number, data = _opened(parcel)
        message = decode(data)
        if peer.hello is not None:
            return [Received(peer.hello, message, number)]
        if not isinstance(message, Hello):
            raise InputError("A connection must begin with Hello.")
        if (older := self._peer(message.process, message.name)) is not None:
            older.stream.closed = True  # its process is dead, or connected anew
            older.hello = None
        peer.hello = message
        return []

    def _wait(self, timeout_s: float) -> None:
        poll = select.poll()
        poll.register(self._listening, select.POLLIN)
        for peer in self._peers.values():
            poll.register(peer.stream.socket, select.POLLIN | peer.stream.writing)
        poll.poll(timeout_s * 1000)
