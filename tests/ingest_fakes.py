"""Cameras for tests of `awry.watch.ingest`: encoded on the spot, without network or threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import IO, TypeVar

import av
import cv2
import numpy as np

from awry.watch.clock import ManualClock
from awry.watch.ingest.clip_file import RealDisk
from awry.watch.ingest.connection import Limits
from awry.watch.ingest.packets import Arrival, Codec, Lost, Opened, Piece
from awry.watch.ipc.frames import GridEnd, GridFrame
from awry.watch.messages import Message

Kind = TypeVar("Kind", bound=Message)
TICK = Fraction(1, 90_000)
ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg", "mpeg4": "mpeg4"}
_OPTIONS = {
    "h264": {"preset": "ultrafast", "tune": "zerolatency"},
    "hevc": {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=none"},
}


@cache
def scene(width: int = 160, height: int = 120, seed: int = 0) -> np.ndarray:
    """A picture with detail everywhere and colours, uint8 RGB (h, w, 3)."""
    chance = np.random.default_rng(seed)
    fine = chance.integers(0, 256, (height // 4, width // 4, 3)).astype(np.uint8)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR)


def moving(number: int, width: int = 160, height: int = 120) -> np.ndarray:
    """The scene with a square that walks through it, and a little noise."""
    chance = np.random.default_rng(number)
    noise = chance.integers(0, 4, (height, width, 3)).astype(np.uint8)
    picture = np.clip(scene(width, height), 4, 250) + noise
    left = 3 * number % (width - 20)
    picture[height // 2 : height // 2 + 20, left : left + 20] = 250
    return picture.astype(np.uint8)


def encoded(
    pictures: Sequence[np.ndarray], codec: str = "h264", *, fps: float = 10.0, key_every: int = 10
) -> list[Piece]:
    """Pictures as packets with stamps from 0; `arrived` and `at` are 0."""
    context = av.CodecContext.create(ENCODERS[codec], "w")
    assert isinstance(context, av.VideoCodecContext)
    context.height, context.width = pictures[0].shape[:2]
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.framerate = round(fps)
    context.gop_size = key_every
    context.thread_count = 1
    context.options = dict(_OPTIONS.get(codec, {}))
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, round(fps))
        packets += context.encode(frame)
    packets += context.encode(None)
    known = Codec(codec, context.width, context.height)
    pieces = []
    for number, packet in enumerate(packets):
        stamp = round(number / fps / TICK)
        data = bytes(packet)
        key = packet.is_keyframe
        piece = Piece(data, stamp, stamp, round(1 / fps / TICK), TICK, key, 0.0, known)
        piece.codec = known = known.after(piece) if known.template else first_codec(piece)
        pieces.append(piece)
    return pieces


def first_codec(piece: Piece) -> Codec:
    """The codec as a first key packet tells it."""
    known = Codec(piece.codec.name)
    return known.after(piece)


@cache
def walk(codec: str = "h264", count: int = 100, fps: float = 10.0) -> tuple[Piece, ...]:
    """The moving square, encoded once."""
    return tuple(encoded([moving(number) for number in range(count)], codec, fps=fps))


def bare(at: float, *, key: bool = False, size: int = 1000, run: int = 1) -> Piece:
    """A packet that nobody decodes, taken and arrived at a time."""
    stamp = round(at / TICK)
    codec = Codec("h264", 160, 120)
    return Piece(bytes(size), stamp, stamp, 9000, TICK, key, at, codec, run=run, at=at)


def placed(pieces: Sequence[Piece], begin: float, *, run: int = 1) -> list[Piece]:
    """Copies of packets, taken and arrived from a time on."""
    return [
        replace(one, arrived=begin + one.stamp_s, at=begin + one.stamp_s, run=run) for one in pieces
    ]


class ScriptedFeed:
    """A connection that gives what it is told to."""

    def __init__(self) -> None:
        self.coming: deque[Arrival] = deque()
        self.closed = False

    def take(self) -> list[Arrival]:
        """What was given since."""
        came = list(self.coming)
        self.coming.clear()
        return came

    def close(self) -> None:
        """Note it."""
        self.closed = True


class FakeCamera:
    """An `Opener`: a camera that shows its packets over and over as the clock goes on.

    Args:
        clock: the time.
        pieces: what it shows.
        fps: packets a second.

    Attributes:
        refuses: what it answers to who connects; None: it lets them in.
        silent: whether nothing comes.
        opened: addresses and times of the attempts.
    """

    def __init__(self, clock: ManualClock, pieces: Sequence[Piece], fps: float = 10.0) -> None:
        self.clock = clock
        self.pieces = pieces
        self.fps = fps
        self.refuses: Lost | None = None
        self.silent = False
        self.opened: list[float] = []
        self.feed: ScriptedFeed | None = None
        self.delay_s = 0.0
        self._since = 0.0
        self._shown = 0

    def __call__(self, address: str, limits: Limits, wake: threading.Event) -> ScriptedFeed:
        """Connect."""
        self.opened.append(self.clock.monotonic())
        self.feed = ScriptedFeed()
        self._since, self._shown = self.clock.monotonic(), 0
        self.feed.coming.append(self.refuses or Opened(self.pieces[0].codec))
        if self.refuses:
            self.feed.closed = True
        return self.feed

    def show(self) -> None:
        """Give what is due by now."""
        if self.feed is None or self.feed.closed:
            return
        due = int((self.clock.monotonic() - self._since) * self.fps)
        if self.silent:
            self._shown = due
        while self._shown < due:
            turn, place = divmod(self._shown, len(self.pieces))
            shift = round(turn * len(self.pieces) / self.fps / TICK)
            one = self.pieces[place]
            arrived = self._since + self._shown / self.fps + self.delay_s
            self.feed.coming.append(
                replace(one, pts=one.pts + shift, dts=one.dts + shift, arrived=arrived)
            )
            self._shown += 1

    def hang_up(self, why: str = "Lost it: the other side ended it.") -> None:
        """End the connection."""
        if self.feed is not None and not self.feed.closed:
            self.feed.coming.append(Lost(why))
            self.feed = None


class Box:
    """A mailbox that keeps everything; `reads` is False: nobody reads, so it loses."""

    def __init__(self) -> None:
        self.frames: list[GridFrame] = []
        self.ends: list[GridEnd] = []
        self.dropped = 0
        self.reads = True

    def put(self, frame: GridFrame | GridEnd) -> None:
        """Leave a picture."""
        if isinstance(frame, GridEnd):
            self.ends.append(frame)
            return
        self.frames.append(frame)
        self.dropped += not self.reads

    def close(self) -> None:
        """No more will come."""


class Told(list[Message]):
    """What was said, as a `Tell`."""

    def __call__(self, message: Message, *, certain: bool = True) -> None:
        """Keep it."""
        self.append(message)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The messages of a kind."""
        return [one for one in self if isinstance(one, kind)]


class FaultyDisk(RealDisk):
    """A disk that is full after so many bytes; `OSError` as the system gives it.

    Attributes:
        room: bytes that fit still.
        created: files that were begun.
    """

    def __init__(self, room: float = float("inf")) -> None:
        self.room = room
        self.created: list[Path] = []
        self.before_settle: Callable[[Path], None] = lambda path: None

    def create(self, path: Path) -> IO[bytes]:
        """Open a new file for writing."""
        self.created.append(path)
        return _Counted(super().create(path), self)

    def settle(self, part: Path, path: Path) -> None:
        """Give a written file its name."""
        self.before_settle(path)
        super().settle(part, path)


class _Counted:
    def __init__(self, stream: IO[bytes], disk: FaultyDisk) -> None:
        self._stream, self._disk = stream, disk
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close

    def write(self, data: bytes) -> int:
        if len(data) > self._disk.room:
            raise OSError(28, "No space left on device")
        self._disk.room -= len(data)
        return self._stream.write(data)


def shown(path: Path) -> list[float]:
    """When the pictures of a video are shown, in seconds; all of them decode."""
    with av.open(str(path)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]
