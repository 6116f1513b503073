"""Three pictures wait for the scorer, the newest win; served on a socket by a thread of ingest.

The sink says when something waits, the source takes one at a time: so what it gets is the oldest of
the three newest at that moment, and nothing grows old in a buffer between.
"""

from __future__ import annotations

import contextlib
import dataclasses
import select
import socket
import struct
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from awry.errors import InputError
from awry.watch.clock import Clock, SystemClock
from awry.watch.ipc.codec import pack, unpack
from awry.watch.ipc.frames import GridEnd, GridFrame
from awry.watch.ipc.wire import Dialler, Stream, listening

PICTURES = 3
_THERE, _TAKE, _FRAME, _NOTHING = b"!", b"?", b"F", b"0"
_MORE = struct.Struct(">B")
_REPLY_S = 2.0  # a source or sink that is silent for longer while it should speak is left
_FIRST_REST_S = 0.05
_ENDS = 3


class Mailbox:
    """The pictures themselves; threads may share it. It is a `FrameSink`, too.

    Pictures that go while nobody reads count in `dropped` alone: the next one's `dropped` tells of
    a scorer that is behind, and one that is away makes a gap instead.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._frames: deque[GridFrame | GridEnd] = deque()
        self._lock = threading.Lock()
        self._dropped = 0
        self._owed = 0  # dropped and not told yet
        self._readers = 0
        self._taken_at: float | None = None

    @property
    def dropped(self) -> int:
        """Pictures that went unread since the beginning."""
        return self._dropped

    @property
    def taken_at(self) -> float | None:
        """When something was taken last, by the clock that only grows; None: never."""
        return self._taken_at

    def put(self, frame: GridFrame | GridEnd) -> None:
        """Leave a picture, or say that the session ended; the oldest picture goes for a fourth."""
        with self._lock:
            self._frames.append(frame)
            pictures = [one for one in self._frames if isinstance(one, GridFrame)]
            if len(pictures) > PICTURES:
                self._drop(pictures[0])
            ends = [one for one in self._frames if isinstance(one, GridEnd)]
            if len(ends) > _ENDS:
                self._frames.remove(ends[0])

    def take(self) -> tuple[GridFrame | GridEnd | None, int]:
        """The oldest that waits, or None; and how many wait still."""
        with self._lock:
            frame = self._frames.popleft() if self._frames else None
            if frame is not None:
                self._taken_at = self._clock.monotonic()
            if isinstance(frame, GridFrame) and self._owed:
                frame = dataclasses.replace(frame, dropped=frame.dropped + self._owed)
                self._owed = 0
            return frame, len(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def reader_came(self) -> None:
        """Somebody reads from now on."""
        with self._lock:
            self._readers += 1

    def reader_went(self) -> None:
        """Somebody reads no more."""
        with self._lock:
            self._readers -= 1
            if self._readers == 0:
                self._owed = 0

    def unread(self, frame: GridFrame | GridEnd) -> None:
        """What was taken did not arrive."""
        with self._lock:
            if isinstance(frame, GridFrame):
                self._dropped += 1
            elif len(self._frames) < PICTURES:
                self._frames.appendleft(frame)

    def close(self) -> None:
        """No more will come; what waits may still be taken."""

    def _drop(self, frame: GridFrame) -> None:
        self._frames.remove(frame)
        self._dropped += 1
        if self._readers:
            self._owed += 1 + frame.dropped


class SocketSink(Mailbox):
    """A `FrameSink` that serves its pictures on a socket, in a thread of its own.

    Args:
        place: the socket; one that a dead process left there is replaced.
        clock: for `taken_at`.

    Raises:
        WriteError: the path cannot be listened at.
    """

    def __init__(self, place: Path, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._listening = listening(place, 8)
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        self._ended = False
        self._thread = threading.Thread(target=self._serve, name="mailbox", daemon=True)
        self._thread.start()

    def put(self, frame: GridFrame | GridEnd) -> None:
        """See `FrameSink.put`; never waits for the reader."""
        super().put(frame)
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake.send(b"x")

    def close(self) -> None:
        """No more will come; whoever reads is disconnected."""
        self._ended = True
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        self._thread.join(_REPLY_S)

    def _serve(self) -> None:
        readers: list[_Reader] = []
        while not self._ended:
            poll = select.poll()
            poll.register(self._listening, select.POLLIN)
            poll.register(self._woken, select.POLLIN)
            for one in readers:
                poll.register(one.stream.socket, select.POLLIN | one.stream.writing)
            poll.poll(1000)
            with contextlib.suppress(OSError):
                self._woken.recv(4096)
            readers += self._arrived()
            for one in readers:
                one.turn()
            for one in [one for one in readers if one.stream.closed]:
                readers.remove(one)
                one.close()
        for one in readers:
            one.close()
        for end in (self._listening, self._woken, self._wake):
            end.close()

    def _arrived(self) -> list[_Reader]:
        with contextlib.suppress(OSError):
            return [_Reader(self, self._listening.accept()[0])]
        return []


class _Reader:
    """The sink's side of one scorer."""

    def __init__(self, box: Mailbox, connected: socket.socket) -> None:
        self.stream, self._box = Stream(connected), box
        self._told = False
        self._sending: GridFrame | GridEnd | None = None
        self._since = time.monotonic()
        box.reader_came()

    def turn(self) -> None:
        """Say that something waits, and give what is asked for."""
        self.stream.flush()
        if self.stream.unsent == 0:
            self._sending = None
        elif time.monotonic() - self._since > _REPLY_S:
            self.stream.closed = True
        for _ in self.stream.receive():
            self._give()
        if not self._told and len(self._box) and not self.stream.closed:
            self.stream.send(_THERE)
            self._told = True
        self.stream.flush()

    def _give(self) -> None:
        frame, more = self._box.take()
        self._told = more > 0
        self._since, self._sending = time.monotonic(), frame
        if frame is None:
            self.stream.send(_NOTHING)
        elif isinstance(frame, GridEnd):
            values = [frame.camera, frame.session, frame.at]
            self.stream.send(_FRAME, _MORE.pack(min(more, 255)), pack(values))
        else:
            # Sent apart, so that the pixels are copied once.
            self.stream.send(_FRAME, _MORE.pack(min(more, 255)), _packed(frame))

    def close(self) -> None:
        """The scorer is gone."""
        self.stream.close()
        self._box.reader_went()
        if self._sending is not None and self.stream.unsent:
            self._box.unread(self._sending)


class SocketSource:
    """A `FrameSource` of the sink that listens at a path, from when it does.

    Args:
        place: the sink's socket.
    """

    def __init__(self, place: Path) -> None:
        self._dialler = Dialler(place, _FIRST_REST_S)
        self._stream: Stream | None = None
        self._there = False

    def next(self, timeout_s: float = 0.0) -> GridFrame | GridEnd | None:
        """See `FrameSource.next`."""
        end = time.monotonic() + timeout_s
        while True:
            frame = self._take() if self._ready() else None
            left = end - time.monotonic()
            if frame is not None or left <= 0:
                return frame
            if self._stream is None:
                time.sleep(min(left, self._dialler.rest_s))
            else:
                self._stream.wait(min(left, 1.0))

    def fileno(self) -> int:
        """The socket, for `select` beside others; -1 while there is none."""
        return -1 if self._stream is None else self._stream.socket.fileno()

    def close(self) -> None:
        """Ask no more."""
        if self._stream is not None:
            self._stream.close()
        self._stream, self._there = None, False

    def _ready(self) -> bool:
        """Whether something waits."""
        if self._stream is None:
            self._stream = self._dialler.connect()
        if self._stream is None:
            return False
        if not self._there:
            self._there = _THERE in self._stream.receive()
            if self._stream.closed:
                self._lost()
        return self._there

    def _take(self) -> GridFrame | GridEnd | None:
        assert self._stream is not None
        stream, until = self._stream, time.monotonic() + _REPLY_S
        stream.send(_TAKE)
        stream.flush()
        while True:
            parcels = stream.receive(64 * 2**20)
            for place, parcel in enumerate(parcels):
                if parcel[:1] in (_NOTHING, _FRAME):
                    frame = self._read(parcel) if parcel[:1] == _FRAME else None
                    # A word of the next picture may have come along; it is said once.
                    more = _more(parcel) or _THERE in parcels[place + 1 :]
                    self._there = more and self._stream is not None
                    return frame
            if stream.closed or time.monotonic() > until:
                self._lost()
                return None
            stream.wait(until - time.monotonic())

    def _read(self, parcel: bytes) -> GridFrame | GridEnd | None:
        try:
            frame = _unpacked(*unpack(memoryview(parcel)[2:]))
        except (InputError, IndexError):
            self._lost()
            return None
        return frame

    def _lost(self) -> None:
        self.close()
        self._dialler.lost()


def _more(parcel: bytes) -> bool:
    """Whether an answer says that more waits."""
    return parcel[:1] == _FRAME and parcel[1] > 0


def _packed(frame: GridFrame) -> bytes:
    height, width = frame.image.shape[:2]
    values = [
        *(frame.camera, frame.session, frame.step, frame.at, height, width),
        *(frame.light, frame.damaged, frame.dropped),
    ]
    return pack(values, [np.ascontiguousarray(frame.image).tobytes()])


def _unpacked(values: Any, blobs: list[bytes]) -> GridFrame | GridEnd:
    """The frame or end; the image is read-only.

    Raises:
        InputError: it is neither.
    """
    try:
        if len(values) == 3:
            return GridEnd(str(values[0]), str(values[1]), float(values[2]))
        camera, session, step, at, height, width, light, damaged, dropped = values
        image = np.frombuffer(blobs[0], np.uint8).reshape(height, width, 3)
    except (TypeError, ValueError, IndexError) as error:
        raise InputError(f"What came is no picture: {error}.") from error
    return GridFrame(
        camera, session, int(step), float(at), image, light, bool(damaged), int(dropped)
    )
