"""Drawn cameras: pictures made on the spot, encoded, and given as if they came from a stream."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from awry.errors import AwryError, MissingError
from awry.video.address import SYNTHETIC
from awry.watch.clock import Clock
from awry.watch.ingest.connection import AvFeed, Feed, Limits
from awry.watch.ingest.masked import ENCODER, OPTIONS
from awry.watch.ingest.packets import Arrival, Codec, Lost, Opened, Piece
from awry.watch.synthetic.scene import Scene, scene_of

TICKS = 90_000
# A key picture so often: players begin soon, and clips begin near to their event.
_KEY_EVERY_S = 2.0
# Whoever was asked for nothing for longer goes on with what is seen now.
_BEHIND_S = 2.0


class PictureEncoder:
    """Pictures of one size become packets of VP9.

    Args:
        size: height and width in pixels, both even.
        fps: pictures a second.

    Attributes:
        codec: of the packets.

    Raises:
        MissingError: FFmpeg has no encoder.
    """

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        if ENCODER not in av.codecs_available:
            raise MissingError(
                f"FFmpeg has no encoder {ENCODER}, which drawn cameras need; install PyAV from its "
                "wheels: pip install av."
            )
        self._fps = fps
        self._context = _encoder(size, fps)
        self.codec = _codec_of(size)

    def encode(self, image: NDArray[np.uint8], at: float, arrived: float) -> list[Piece]:
        """A picture's packets.

        Args:
            image: uint8 RGB (H, W, 3).
            at: when it is seen, seconds since 1970-01-01 UTC; later than the one before.
            arrived: by the clock that only grows.
        """
        picture = VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        picture.pts, picture.time_base = round(at * TICKS), Fraction(1, TICKS)
        return [self._piece(packet, at, arrived) for packet in self._context.encode(picture)]

    def _piece(self, packet: av.Packet, at: float, arrived: float) -> Piece:
        return Piece(
            data=bytes(packet),
            pts=packet.pts,
            dts=packet.dts,
            duration=round(TICKS / self._fps),
            time_base=Fraction(1, TICKS),
            is_key=packet.is_keyframe,
            arrived=arrived,
            codec=self.codec,
            camera_s=at,
            at=at,
        )


def _encoder(size: tuple[int, int], fps: float) -> VideoCodecContext:
    context = av.CodecContext.create(ENCODER, "w")
    assert isinstance(context, VideoCodecContext)
    context.height, context.width = size
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, TICKS)
    context.framerate = Fraction(fps).limit_denominator(1000)
    context.gop_size = max(1, round(_KEY_EVERY_S * fps))
    context.thread_count = 1
    context.options = {**OPTIONS, "lag-in-frames": "0"}
    return context


def _codec_of(size: tuple[int, int]) -> Codec:
    """What a reader of such a stream learns of it, from one grey picture."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        made = container.add_stream(ENCODER, rate=10, options=dict(OPTIONS))
        stream = cast("VideoStream", made)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        grey = VideoFrame.from_ndarray(np.full((*size, 3), 128, np.uint8), format="rgb24")
        container.mux(stream.encode(grey.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as written:
        return Codec.of(written.streams.video[0])


class DrawnFeed:
    """A connection to a drawn camera: pictures are drawn when they are due and asked for.

    Args:
        scene: what it sees.
        clock: the time.
    """

    def __init__(self, scene: Scene, clock: Clock) -> None:
        self._scene, self._clock = scene, clock
        self._encoder: PictureEncoder | None = None
        self._fps = scene.plan.fps
        self._next = math.ceil(clock.now() * self._fps)
        self._ended = False

    def take(self) -> Sequence[Arrival]:
        """What came since, at once and in order."""
        if self._ended:
            return []
        came: list[Arrival] = []
        if self._encoder is None:
            try:
                self._encoder = PictureEncoder(self._scene.size, self._fps)
            except AwryError as error:
                self._ended = True
                return [Lost(str(error), settings=True)]
            came.append(Opened(self._encoder.codec))
        now, fps = self._clock.now(), self._fps
        if self._next / fps - now > _BEHIND_S:
            self._ended = True
            return [*came, Lost("The clock was set back; the drawn camera begins anew.")]
        if now - self._next / fps > _BEHIND_S:
            self._next = math.ceil(now * fps)
        while self._next <= now * fps:
            at = self._next / fps
            image = self._scene.picture(at)
            came += self._encoder.encode(image, at, self._clock.monotonic())
            self._next += 1
        return came

    def close(self) -> None:
        """End it."""
        self._ended = True


class _NoFeed:
    """A connection that cannot be made."""

    def __init__(self, why: str) -> None:
        self._arrivals: list[Arrival] = [Lost(why, settings=True)]

    def take(self) -> Sequence[Arrival]:
        """Why."""
        came, self._arrivals = self._arrivals, []
        return came

    def close(self) -> None:
        """Nothing is there to end."""


class CameraOpener:
    """Connects to every kind of camera, drawn ones too; an `Opener`.

    Args:
        clock: the time of drawn cameras.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, address: str, limits: Limits, wake: threading.Event) -> Feed:
        """Begin to connect; see `Opener`."""
        if not address.lower().startswith(SYNTHETIC):
            return AvFeed(address, limits, wake)
        try:
            return DrawnFeed(scene_of(address), self._clock)
        except AwryError as error:
            return _NoFeed(str(error))
