"""What a real process of a site is given: its pipe to the supervisor, and the site's sockets."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from awry.errors import InputError
from awry.watch.clock import Clock, SystemClock
from awry.watch.ipc import places
from awry.watch.ipc.channel import SocketHub, SocketLink
from awry.watch.ipc.codec import decode, encode
from awry.watch.ipc.frames import FrameSink, FrameSource
from awry.watch.ipc.links import Hub, Link
from awry.watch.ipc.mailbox import SocketSink, SocketSource
from awry.watch.ipc.wire import Outgoing, Parcels, parcel
from awry.watch.messages import Beat, Configure, Hello, Message, Stop

BEAT_S = 1.0
_PIECE = 65536


class Pipe:
    """A process's end of the pipe to its supervisor.

    A thread reads, so that the supervisor's end is noticed however long the process is busy; what
    is written never waits for the supervisor.

    Args:
        reading, writing: the two files.
        orphaned: called in that thread when the supervisor is gone, after `Stop` was queued.
    """

    def __init__(self, reading: int, writing: int, orphaned: Callable[[], None]) -> None:
        self._reading, self._writing, self._orphaned = reading, writing, orphaned
        os.set_blocking(writing, False)
        self._out = Outgoing()
        self._came: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._lock = threading.Lock()
        threading.Thread(target=self._read, name="supervisor", daemon=True).start()

    def tell(self, message: Message) -> None:
        """Queue a message as if the supervisor had said it."""
        self._came.put(message)

    def receive(self, timeout_s: float | None = 0.0) -> list[Message]:
        """What came since; waits for the first at most so long, None: for ever."""
        came: list[Message] = []
        with contextlib.suppress(queue.Empty):
            if timeout_s != 0.0:
                came.append(self._came.get(timeout=timeout_s))
            while True:
                came.append(self._came.get_nowait())
        return came

    def say(self, message: Message) -> None:
        """Say something; a beat is left out where others wait to be read."""
        with self._lock:
            self._flush()
            if not (isinstance(message, Beat) and self._out.size):
                self._out.add(parcel(encode(message)))
                self._flush()

    def _flush(self) -> None:
        try:
            while self._out.size:
                self._out.wrote(os.write(self._writing, self._out.first()))
        except BlockingIOError:
            return
        except OSError:  # the supervisor is gone, which the reading thread tells
            self._out = Outgoing()

    def _read(self) -> None:
        parcels = Parcels()
        with contextlib.suppress(OSError, InputError):
            while data := os.read(self._reading, _PIECE):
                for one in parcels.feed(data):
                    self._came.put(decode(one))
        self._came.put(Stop())
        self._orphaned()


class ProcessContext:
    """A `Context` over sockets and pipes.

    Args:
        process, name: which one this is.
        pipe: to the supervisor.
        folder: of the site's sockets.
        settings: the first ones.
    """

    def __init__(
        self, process: str, name: str, pipe: Pipe, folder: Path, settings: str = "{}"
    ) -> None:
        self._hello = Hello(process, name, os.getpid())
        self._pipe, self._folder, self._settings = pipe, folder, settings
        self._clock = SystemClock()
        self._link: SocketLink | None = None
        self._beaten = float("-inf")

    @property
    def name(self) -> str:
        """Of the process, e.g. its camera's; empty where there is one of the kind."""
        return self._hello.name

    @property
    def settings(self) -> str:
        """The newest settings as JSON text; see `site.portions`."""
        return self._settings

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._clock

    @property
    def keeper(self) -> Link:
        """The way to the keeper."""
        if self._link is None:
            self._link = SocketLink(places.keeper(self._folder), self._hello)
        return self._link

    def poll(self) -> Sequence[Message]:
        """What the supervisor said since, at once; also beats, once a second at most."""
        now = self._clock.monotonic()
        if now - self._beaten >= BEAT_S:
            self._beaten = now
            self._pipe.say(Beat())
        came = self._pipe.receive()
        for message in came:
            if isinstance(message, Configure):
                self._settings = message.settings
        return came

    def say(self, message: Message) -> None:
        """Say something to the supervisor."""
        self._pipe.say(message)

    def frames_in(self, camera: str) -> FrameSource:
        """For a scorer: a camera's pictures. It may ask before the camera's process is there."""
        return SocketSource(places.frames(self._folder, camera))

    def frames_out(self, camera: str) -> FrameSink:
        """For an ingest process: its mailbox."""
        return SocketSink(places.frames(self._folder, camera), self._clock)

    def live_place(self, camera: str) -> Path | None:
        """The socket of a camera's live pictures."""
        return places.live(self._folder, camera)

    def hub(self) -> Hub:
        """For the keeper: its end of all links."""
        return SocketHub(places.keeper(self._folder))

    def drain(self, seconds: float) -> int:
        """At the end: give the keeper so long to do what was sent; returns what it has not done."""
        if self._link is None:
            return 0
        until = self._clock.monotonic() + seconds
        while self._link.waiting and self._clock.monotonic() < until:
            self._link.poll(0.05)
            self.poll()  # still alive
        self._link.close()
        return self._link.waiting
