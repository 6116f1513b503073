"""A camera that is made up: JPEG pictures on time, odd ones now and then, and its faults."""

from __future__ import annotations

import bisect
import io
import random
import threading
from collections.abc import Mapping, Sequence
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from awry.watch.clock import Clock
from awry.watch.ingest.connection import Limits
from awry.watch.ingest.decode import Decoded
from awry.watch.ingest.packets import Arrival, Codec, Lost, Opened, Piece
from awry.watch.simulation.detector import NORMAL, ODD, PATCH, SIZE

_EACH = 40
_TICKS = 1000


class Reel:
    """Pictures of a camera as JPEG: usual ones, and odd ones with a bright patch.

    Args:
        seed: of the scene and its noise.
    """

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        scene = cv2.resize(
            chance.integers(40, 160, (12, 16, 3), np.uint8),
            SIZE[::-1],
            interpolation=cv2.INTER_NEAREST,
        )
        self.usual = [_jpeg(scene, NORMAL, chance) for _ in range(_EACH)]
        self.odd = [_jpeg(scene, ODD, chance) for _ in range(_EACH)]
        self._decoded = {one: _picture(one) for one in (*self.usual, *self.odd)}
        with av.open(io.BytesIO(self.usual[0]), format="mjpeg") as container:
            self.codec = Codec.of(container.streams.video[0])

    def decoder(self, codec: Codec) -> ReelDecoder:
        """What `ingest` asks for; pictures were decoded beforehand, which saves time."""
        return ReelDecoder(self._decoded)


class ReelDecoder:
    """Looks pictures up by their bytes.

    Args:
        pictures: JPEG -> decoded.
    """

    def __init__(self, pictures: Mapping[bytes, VideoFrame]) -> None:
        self._pictures = pictures

    def decode(self, piece: Piece) -> list[Decoded]:
        """As `ingest.eye.Decoder`."""
        return [Decoded(self._pictures[piece.data], piece, damaged=False)]


def _picture(data: bytes) -> VideoFrame:
    colours = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return VideoFrame.from_ndarray(cv2.cvtColor(colours, cv2.COLOR_BGR2RGB), format="rgb24")


def _jpeg(scene: np.ndarray, patch: float, chance: np.random.Generator) -> bytes:
    picture = scene.astype(np.float32)
    picture[PATCH] = patch
    picture += chance.normal(0, 4, picture.shape)
    done = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8))[1]
    return done.tobytes()


class FakeCamera:
    """Gives a picture every so often, whoever is connected.

    Args:
        clock: the time; pictures follow the one that only grows.
        reel: its pictures.
        odd: spans `(start, end)` in which its pictures are odd, by that clock, in order.
        rate: pictures a second.

    Attributes:
        away: no connection can be made, and the one that stood is lost.
        silent: the connection stands, and nothing comes.
    """

    def __init__(
        self, clock: Clock, reel: Reel, odd: Sequence[tuple[float, float]], rate: float
    ) -> None:
        self.clock, self.reel, self.rate = clock, reel, rate
        self._odd = list(odd)
        self._begins = [start for start, _ in self._odd]
        self.away = self.silent = False

    def anomaly(self, at: float) -> int | None:
        """Number of the anomaly at a moment of the clock that only grows; None: there is none."""
        number = bisect.bisect_right(self._begins, at) - 1
        return number if number >= 0 and at < self._odd[number][1] else None

    def open(self, address: str, limits: Limits, wake: threading.Event) -> FakeFeed:
        """An `ingest.connection.Opener`."""
        return FakeFeed(self)


class FakeFeed:
    """A connection to a `FakeCamera`."""

    def __init__(self, camera: FakeCamera) -> None:
        self._camera = camera
        self._next = camera.clock.monotonic()
        self._count = random.Random(repr(self._next)).randrange(1000)
        self._opened = self._ended = False

    def take(self) -> Sequence[Arrival]:
        """What came since."""
        camera = self._camera
        if self._ended:
            return []
        if camera.away:
            self._ended = True
            return [Lost("The camera closed the connection.")]
        came: list[Arrival] = []
        if not self._opened:
            self._opened = True
            came.append(Opened(camera.reel.codec))
        now = camera.clock.monotonic()
        while self._next <= now:
            if not camera.silent:
                came.append(self._piece(self._next))
            self._next += 1 / camera.rate
        return came

    def _piece(self, at: float) -> Piece:
        reel = self._camera.reel
        pictures = reel.usual if self._camera.anomaly(at) is None else reel.odd
        self._count += 1
        stamp = round(at * _TICKS)
        return Piece(
            data=pictures[self._count % len(pictures)],
            pts=stamp,
            dts=stamp,
            duration=round(_TICKS / self._camera.rate),
            time_base=Fraction(1, _TICKS),
            is_key=True,
            arrived=self._camera.clock.monotonic(),
            codec=reel.codec,
        )

    def close(self) -> None:
        """End it."""
        self._ended = True
