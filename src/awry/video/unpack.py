"""Packets of a container become decoded pictures, each with the packet that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
from av.codec.context import Flags
from av.container import InputContainer
from av.video.frame import VideoFrame

from awry.video.container import the_video
from awry.video.hardware import as_software, fell_back
from awry.video.jpeg import JpegCheck
from awry.video.places import Packet, Places
from awry.video.source import SourceHealth
from awry.video.table import FrameTable

# What PyAV raises for bad input: its own errors, plain ones for paths, and IndexError where broken
# data make a demuxer see a stream that is not there.
READ_ERRORS = (av.FFmpegError, OSError, ValueError, IndexError)
# Problems of one kind that are described one by one; the rest is only counted.
LISTED = 5
# A demuxer or decoder that fails so often in a row has nothing more to give.
STUBBORN = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes:
        decoded: as FFmpeg gave it.
        packet: the packet that it came from.
        stamp: seconds on the stream's clock, or None.
        suspect: the demuxer or the decoder reported an error in it.
    """

    decoded: VideoFrame
    packet: Packet
    stamp: float | None
    suspect: bool


class Unpacker:
    """The pictures of the video of an open container, in the order in which they are shown.

    Args:
        container: freshly opened, not yet read.
        places: told what is announced and what arrives.
        table: of that container.
        health: where notes go.
        broken_start: give, as suspect, pictures that were begun before the first key frame too.
    """

    def __init__(
        self,
        container: InputContainer,
        places: Places,
        table: FrameTable,
        health: SourceHealth,
        *,
        broken_start: bool,
    ) -> None:
        self._container = container
        self._stream = the_video(container)
        self._context = self._stream.codec_context
        # One thread: slice threads of H.264 turn error concealment off and hide its reports,
        # and frame threads report an error with a later packet.
        self._context.thread_count = 1
        self._context.copy_opaque = True  # pictures then tell their packets
        if broken_start:
            self._context.flags |= Flags.output_corrupt
        self._jpeg = JpegCheck(self._context)
        self._places = places
        self._table = table
        self._health = health
        self._tick = float(self._stream.time_base or 0)
        self._latest = Packet(0, None)
        self.failed = 0
        self._in_software = False

    @property
    def reorders(self) -> bool:
        """Whether pictures may be shown in another order than they are stored."""
        return bool(self._context.has_b_frames)

    def pictures(self) -> Iterator[Picture]:
        """Decoded pictures; broken data raise nothing.

        Raises:
            av.FFmpegError: the connection failed or timed out.
        """
        for raw in self._demux():
            self._announce(raw)
            if raw.size > 0:
                raw.opaque = self._latest  # an object of its own: PyAV finds it by its identity
                yield from map(self._picture, self._decoded(raw))
            elif raw.pts is None and raw.dts is None:  # the end
                yield from map(self._picture, self._rest())

    def _demux(self) -> Iterator[av.Packet]:
        failures = 0
        while True:
            try:
                for packet in self._container.demux(self._stream):
                    failures = 0
                    yield packet
                return
            except (av.error.InvalidDataError, IndexError) as error:
                failures += 1
                if failures == 1:
                    self._health.notes.append(f"Broken data between packets: {reason(error)}.")
                if failures > STUBBORN:
                    return
            except READ_ERRORS:
                yield av.Packet()  # the connection is gone; the decoder still holds pictures
                raise

    def packets(self) -> Iterator[Packet]:
        """The packets that stand for pictures; nothing is decoded."""
        for raw in self._demux():
            self._announce(raw)
            if self._latest.number >= 0 and (raw.size > 0 or raw.pts is not None):
                yield self._latest

    def _announce(self, raw: av.Packet) -> None:
        """Tell that there is a picture, unless it is not meant to be shown."""
        if raw.size == 0 and raw.pts is None:
            return
        if raw.is_discard or _is_hidden(self._context.name, raw):
            self._latest = Packet(-1, None)  # a part of an edit list, or a reference alone
            return
        packet = self._places.announce(raw.pts, self._table.number_of(raw))
        packet.corrupt = raw.is_corrupt or self._jpeg.is_cut(raw)
        self._latest = packet

    def _decoded(self, raw: av.Packet) -> list[VideoFrame]:
        held: list[VideoFrame] = []
        try:
            return list(raw.decode())
        except BlockingIOError:
            # After some errors a decoder takes nothing more until what it holds has been fetched.
            held = self._rest()
            self._context.flush_buffers()
        except av.FFmpegError as error:
            return self._salvaged(raw, error)
        try:
            return held + list(raw.decode())
        except av.FFmpegError as error:
            return held + self._salvaged(raw, error)

    def _rest(self) -> list[VideoFrame]:
        """What the decoder still holds."""
        pictures: list[VideoFrame] = []
        for _ in range(STUBBORN):
            try:
                pictures += self._context.decode(None)
                break
            except av.error.EOFError:
                break
            except av.FFmpegError:  # of a broken picture; others may come after it
                continue
        return pictures

    def _salvaged(self, raw: av.Packet, error: Exception) -> list[VideoFrame]:
        """What there is of a picture that the decoder refused."""
        rest = self._jpeg.rest_of(raw)
        self._latest.corrupt = True
        if not rest:
            self._fail(raw, error)
        return rest

    def _fail(self, raw: av.Packet, error: Exception) -> None:
        self._latest.failed = True
        self.failed += 1
        if self.failed <= LISTED:
            near = _near(raw)
            self._health.notes.append(f"A packet {near}could not be decoded: {reason(error)}.")

    def _picture(self, decoded: VideoFrame) -> Picture:
        own = decoded.opaque
        packet = own if isinstance(own, Packet) else self._latest
        self._places.arrived(packet)
        stamp = packet.stamp * self._tick if packet.stamp is not None else _stamp(decoded)
        suspect = bool(decoded.is_corrupt) or packet.corrupt
        if self._context.is_hwaccel:
            self._say_where()
            decoded = as_software(decoded)
        return Picture(decoded, packet, stamp, suspect)

    def _say_where(self) -> None:
        """Say, once, where the decoder has given up its hardware."""
        if fell_back(self._context) and not self._in_software:
            self._in_software = True
            self._health.remark("Decoded in software: the hardware refused this video.")


def reason(error: Exception) -> str:
    """An error in words, without the address that it speaks of (it may hold a password)."""
    words = error.strerror if isinstance(error, OSError | av.FFmpegError) else None
    return words or type(error).__name__


def _is_hidden(codec: str, raw: av.Packet) -> bool:
    """Whether a packet of VP8 or VP9 holds a reference alone, which is never shown.

    RFC 6386, 9.1 (`show_frame`); VP9 bitstream specification, 6.2 and Annex B (superframes).
    """
    if raw.size == 0 or codec not in ("vp8", "vp9", "libvpx", "libvpx-vp9"):
        return False
    data = memoryview(raw)
    first, last = data[0], data[raw.size - 1]
    if codec in ("vp8", "libvpx"):
        return not first & 0x10
    marked, is_superframe = first >> 6 == 2, last & 0xE0 == 0xC0
    if not marked or is_superframe or first & 0x30 == 0x30:
        return False
    return not first & 0x08 and not first & 0x02


def _stamp(decoded: VideoFrame) -> float | None:
    stamp = decoded.pts if decoded.pts is not None else decoded.dts
    if stamp is None or decoded.time_base is None:
        return None
    return float(stamp * decoded.time_base)


def _near(raw: av.Packet) -> str:
    stamp = raw.pts if raw.pts is not None else raw.dts
    if stamp is None or raw.time_base is None:
        return ""
    return f"near {float(stamp * raw.time_base):.2f} s "
