"""Serves what is live of a camera on a socket, in a thread that sleeps while nobody watches."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from pathlib import Path

from awry.errors import AwryError, InputError
from awry.watch.ingest.clip_file import FILE_ERRORS
from awry.watch.ingest.live import MASKED, NO_PICTURE, Follower, Live
from awry.watch.ingest.live_video import LiveVideo
from awry.watch.ingest.packets import Codec, Piece
from awry.watch.ipc.live import (
    MOST_VIEWERS,
    asked_of,
    said_begin,
    said_data,
    said_none,
    said_picture,
)
from awry.watch.ipc.wire import Stream, listening

_MOST_CONNECTIONS = 64
# What waits for one who watches before no more is made for them.
_UNSENT_BYTES = 1024 * 1024
# Who takes nothing for so long is gone, or asks nothing.
_SILENT_S = 10.0
_AT_ONCE = 50


class LiveServer:
    """Listens at a path, for this user alone.

    Args:
        live: what is served.
        place: the socket; one that a dead process left there is replaced.

    Raises:
        WriteError: the path cannot be listened at.
    """

    def __init__(self, live: Live, place: Path) -> None:
        self._live = live
        self._listening = listening(place, 16)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._ended = False
        live.wake = self.wake
        self._thread = threading.Thread(target=self._serve, name="live", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something waits for those who watch; never blocks."""
        with contextlib.suppress(OSError):  # full: it is awake already
            self._waker.send(b"x")

    def close(self) -> None:
        """Serve no more; whoever watches is disconnected."""
        self._ended = True
        self.wake()
        self._thread.join(2.0)

    def _serve(self) -> None:
        guests: list[_Guest] = []
        while not self._ended:
            busy = any(one.is_ready for one in guests)
            self._sleep(guests, 0.0 if busy else 1.0 if guests else None)
            self._accept(guests)
            watching = sum(one.watches for one in guests)
            for one in guests:
                one.turn(may_watch=watching < MOST_VIEWERS)
            for one in [one for one in guests if one.stream.closed]:
                guests.remove(one)
                one.close()
        for one in guests:
            one.close()
        for end in (self._listening, self._woken, self._waker):
            end.close()

    def _sleep(self, guests: list[_Guest], seconds: float | None) -> None:
        poll = select.poll()
        poll.register(self._listening, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        for one in guests:
            poll.register(one.stream.socket, select.POLLIN | one.stream.writing)
        poll.poll(None if seconds is None else seconds * 1000)
        with contextlib.suppress(OSError):
            self._woken.recv(4096)

    def _accept(self, guests: list[_Guest]) -> None:
        with contextlib.suppress(OSError):
            connected, _ = self._listening.accept()
            if len(guests) < _MOST_CONNECTIONS:
                guests.append(_Guest(self._live, connected))
            else:
                connected.close()


class _Guest:
    """One connection: a picture, or video until an end."""

    def __init__(self, live: Live, connected: socket.socket) -> None:
        self.stream = Stream(connected)
        self._live = live
        self._follower: Follower | None = None
        self._video: LiveVideo | None = None
        self._first: Piece | None = None
        self._begun = self._done = False
        self._moved_at = time.monotonic()

    @property
    def watches(self) -> bool:
        """Whether video is followed."""
        return self._follower is not None

    @property
    def is_ready(self) -> bool:
        """Whether packets wait that could be sent now."""
        waits = self._follower is not None and self._follower.waits
        return waits and self.stream.unsent < _UNSENT_BYTES and not self.stream.closed

    def turn(self, *, may_watch: bool) -> None:
        """Hear what is asked, and send some of what waits."""
        before = self.stream.unsent
        self.stream.flush()
        if self.stream.unsent != before or not before:
            self._moved_at = time.monotonic() if before or self.watches else self._moved_at
        for asked in self.stream.receive():
            self._hear(asked, may_watch)
        self._send_video()
        self.stream.flush()
        silent = time.monotonic() - self._moved_at > _SILENT_S
        if (self._done and not self.stream.unsent) or silent:
            self.stream.closed = True

    def close(self) -> None:
        """Nobody is there any longer."""
        self.stream.close()
        if self._follower is not None:
            self._live.leave(self._follower)
        if self._video is not None:
            self._video.close()
        self._follower = self._video = None

    def _hear(self, asked: bytes, may_watch: bool) -> None:
        try:
            width = asked_of(asked)
        except InputError:
            self.stream.closed = True
            return
        if self._done or self._follower is not None:
            return
        if width is not None:
            self._send_picture(width)
        elif self._live.masked:
            self._end(MASKED, "masked")
        elif not may_watch:
            self._end(f"{MOST_VIEWERS} people watch this camera's video already.", "busy")
        else:
            self._follower = self._live.follow()

    def _send_picture(self, width: int) -> None:
        picture = self._live.picture(width)
        if picture is None:
            self._end(NO_PICTURE, "picture")
            return
        self.stream.send(said_picture(picture))
        self._done = True

    def _send_video(self) -> None:
        follower = self._follower
        for _ in range(_AT_ONCE):
            if follower is None or self._done or self.stream.unsent >= _UNSENT_BYTES:
                return
            piece = follower.take()
            if piece is None:
                if follower.ended:
                    self._end(follower.ended, "changed")
                return
            self._add(piece)

    def _add(self, piece: Piece) -> None:
        first = self._first
        if first is None and not piece.is_key:
            return
        try:
            if self._video is None:
                self._first, self._video = piece, LiveVideo(piece.codec)
            data = self._video.add(piece)
        except AwryError:
            self._end(_unplayed(piece.codec), "codec", piece.codec.name)
            return
        except FILE_ERRORS:
            self._end("The camera's stream cannot be passed on as video.", "changed")
            return
        if data and not self._begun:
            self._begun = True
            begin = self._video.begin(data)
            if not begin.mime:
                self._end(_unplayed(piece.codec), "codec", piece.codec.name)
                return
            self.stream.send(said_begin(begin))
        if data:
            self.stream.send(said_data(data))

    def _end(self, why: str, kind: str, codec: str = "") -> None:
        self.stream.send(said_none(why, kind, codec))
        self._done = True
        if self._follower is not None:
            self._live.leave(self._follower)
            self._follower = None


def _unplayed(codec: Codec) -> str:
    names = {"mjpeg": "MJPEG", "mpeg4": "MPEG-4", "vp8": "VP8"}
    name = names.get(codec.name, codec.name)
    return f"The camera's stream is {name}, which browsers do not play as video."
