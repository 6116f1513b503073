"""Packets become frames: what files, streams and cameras have in common.

Each packet is decoded on its own, so that an error costs one packet and not the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

import av
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from awry.frames import Frame
from awry.video.source import SourceHealth
from awry.video.timeline import LISTED, Timeline

# What PyAV raises for bad input: its own errors, plain ones for paths, and IndexError where broken
# data make a demuxer see a stream that is not there.
READ_ERRORS = (av.FFmpegError, OSError, ValueError, IndexError)
# A demuxer that fails so often in a row has nothing more to give.
STUBBORN = 100

_Item = TypeVar("_Item")


@dataclass(slots=True)
class _Damage:
    """Whether the pictures now coming out still suffer from an earlier error.

    Pictures are built on earlier ones, so damage lasts until the next key frame.
    """

    active: bool = False
    stamp: int | None = None

    def begin(self, stamp: int | None) -> None:
        self.active, self.stamp = True, stamp

    def judge(self, picture: VideoFrame, suspect: bool) -> bool:
        """Whether this picture is damaged; a good key frame ends the damage."""
        # Decoders hold pictures back: a key frame from before the error ends nothing.
        late = picture.pts is None or self.stamp is None or picture.pts > self.stamp
        if picture.key_frame and late:
            self.active = False
        broken = bool(picture.is_corrupt or suspect)
        # Bidirectional pictures are (almost) never built upon.
        if broken and picture.pict_type != "B":
            self.begin(picture.pts)
        return broken or self.active


class Decoder:
    """The frames of the first video stream of an open container.

    Args:
        container: freshly opened, not yet read.
        health: filled while frames are read.
        broken_start: deliver, flagged, the frames before a stream's first key frame.
        look_ahead: check each stamp against the next frame's, at the price of one frame's delay.
        clock: seconds for containers that carry no time of their own; None takes the stamps.
    """

    def __init__(
        self,
        container: InputContainer,
        health: SourceHealth,
        *,
        broken_start: bool = True,
        look_ahead: bool = True,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._container = container
        self._stream = container.streams.video[0]
        # One thread: slice threads of H.264 turn error concealment off and hide its reports,
        # and frame threads report an error with a later packet.
        self._stream.codec_context.thread_count = 1
        if broken_start:
            self._stream.codec_context.flags |= Flags.output_corrupt
        self._health = health
        self._clock = clock
        self._rate = nominal_rate(container)
        self._look_ahead = look_ahead
        self._packets = 0
        self._cut_off = 0
        self._failed = 0
        self._delivered = 0

    def frames(self) -> Iterator[Frame]:
        """Frames in presentation order.

        Raises:
            av.FFmpegError: the connection failed or timed out; broken data raises nothing.
        """
        timeline = Timeline(None if self._rate is None else 1 / self._rate, self._health)
        pictures = self._pictures()
        for (picture, damaged), following in _with_next(pictures, look=self._look_ahead):
            index, self._delivered = self._delivered, self._delivered + 1
            stamp = self._clock() if self._clock else _stamp(picture)
            later = _stamp(following[0]) if following else None
            time = timeline.next(stamp, () if later is None else (later,))
            if damaged:
                self._health.damaged.append(index)
            image = cast("NDArray[np.uint8]", picture.to_ndarray(format="rgb24"))
            yield Frame(index, time, image, damaged)
        timeline.close()
        self._close()

    def _pictures(self) -> Iterator[tuple[VideoFrame, bool]]:
        """Decoded pictures, each with whether it is damaged."""
        damage = _Damage()
        suspects: set[int | None] = set()
        for packet in self._demux():
            if packet.is_corrupt and packet.pts is not None:
                suspects.add(packet.pts)
            try:
                pictures = packet.decode()
            except av.FFmpegError as error:
                damage.begin(packet.pts if packet.pts is not None else packet.dts)
                self._fail(f"A packet {_near(packet)}could not be decoded", error)
                continue
            for picture in pictures:
                yield picture, damage.judge(picture, picture.pts in suspects)

    def _demux(self) -> Iterator[av.Packet]:
        failures = 0
        while True:
            try:
                for packet in self._container.demux(self._stream):
                    failures = 0
                    self._packets += packet.size > 0
                    self._cut_off += packet.size > 0 and packet.is_discard
                    yield packet
                return
            except (av.error.InvalidDataError, IndexError) as error:
                failures += 1
                if failures == 1:
                    self._health.notes.append(f"Broken data between packets: {reason(error)}.")
                if failures > STUBBORN:
                    return
            except READ_ERRORS:
                # The connection is gone; the decoder still holds pictures back.
                flush = av.Packet()
                flush.stream = self._stream
                yield flush
                raise

    def _fail(self, what: str, error: Exception) -> None:
        self._failed += 1
        self._health.lost += 1
        if self._failed <= LISTED:
            self._health.notes.append(f"{what}: {reason(error)}.")

    def _close(self) -> None:
        if self._failed > LISTED:
            self._health.notes.append(f"Packets that could not be decoded: {self._failed}.")
        # Frames that an edit list cuts off are announced but not meant to be seen.
        promised = max(self._packets, self._stream.frames) - self._cut_off
        silent = promised - self._delivered - self._failed
        if silent > 0:
            self._health.lost += silent
            self._health.notes.append(f"{silent} of {promised} announced frames gave no picture.")
        if self._health.damaged:
            count, first = len(self._health.damaged), self._health.damaged[0]
            self._health.notes.append(f"Damaged frames: {count}, the first is frame {first}.")


def has_video(container: InputContainer) -> bool:
    """Whether there is a video stream, with a codec that is known."""
    streams = container.streams.video
    return bool(streams) and streams[0].codec_context is not None


def nominal_rate(container: InputContainer) -> float | None:
    """Average frames per second of the first video stream, or None where it is unknown."""
    stream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate else None


def reason(error: Exception) -> str:
    """An error in words, without the address that it speaks of (it may hold a password)."""
    words = error.strerror if isinstance(error, OSError | av.FFmpegError) else None
    return words or type(error).__name__


def _with_next(items: Iterator[_Item], *, look: bool) -> Iterator[tuple[_Item, _Item | None]]:
    """Each item with the one that follows, or with None at the end or without looking ahead."""
    if not look:
        yield from ((item, None) for item in items)
        return
    held = next(items, None)
    while held is not None:
        following = next(items, None)
        yield held, following
        held = following


def _stamp(picture: VideoFrame) -> float | None:
    stamp = picture.pts if picture.pts is not None else picture.dts
    if stamp is None or picture.time_base is None:
        return None
    return float(stamp * picture.time_base)


def _near(packet: av.Packet) -> str:
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None or packet.time_base is None:
        return ""
    return f"near {float(stamp * packet.time_base):.2f} s "
