"""Packets of a camera's stream, copied, and what a player must know of their codec."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction

import av
from av.stream import Stream

from awry.video.unpack import READ_ERRORS

# Raw formats in which FFmpeg finds a codec's parameters from packets alone.
_RAW = {"h264": "h264", "hevc": "hevc"}  # others have the codec's name
_START = b"\0\0\1"
# Units that hold parameters: SPS and PPS of H.264; VPS, SPS and PPS of H.265.
_H264_SETS = frozenset({7, 8})
_HEVC_SETS = frozenset({32, 33, 34})
# Markers of JPEG that are followed by the picture's size.
_JPEG_SIZES = frozenset({0xC0, 0xC1, 0xC2})


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """What must be known to decode or copy a stream.

    Attributes:
        name: FFmpeg's, e.g. `h264`.
        width, height: pixels; 0 where it is not known yet, and for sound.
        extradata: parameters from outside of the packets.
        sets: parameters as they last stood inside of packets; another value is another codec.
        template: a stream of no file, for copying; None in tests without FFmpeg.
    """

    name: str
    width: int = 0
    height: int = 0
    extradata: bytes = b""
    sets: bytes = b""
    template: Stream | None = None

    @classmethod
    def of(cls, stream: Stream, sets: bytes = b"") -> Codec:
        """Of an open stream; stays valid when that is closed."""
        holder = av.open(io.BytesIO(), "w", format="matroska")
        context = stream.codec_context
        try:
            template = holder.add_stream_from_template(stream, opaque=True)
        except (ValueError, *READ_ERRORS):
            template = None
        return cls(
            name=context.name,
            width=int(getattr(context, "width", 0) or 0),
            height=int(getattr(context, "height", 0) or 0),
            extradata=bytes(context.extradata or b""),
            sets=sets,
            template=template,
        )

    def same_as(self, other: Codec) -> bool:
        """Whether packets of both may stand in one file."""
        if self is other:
            return True
        known = (self.name, self.width, self.height, self.sets or self.extradata)
        return known == (other.name, other.width, other.height, other.sets or other.extradata)

    def after(self, packet: Piece) -> Codec:
        """The codec from this packet on: this one, unless the packet brings other parameters."""
        if not packet.is_key:
            return self
        if self.name == "mjpeg" and jpeg_size(packet.data) == (self.width, self.height):
            return self
        sets = parameter_sets(self.name, packet.data)
        if not sets or sets == self.sets:
            return self
        return _read_from(self.name, packet.data, sets) or self


@dataclass(slots=True, eq=False)
class Piece:
    """A packet of a stream, copied out of FFmpeg's hands.

    Attributes:
        data: its bytes.
        pts, dts: in units of `time_base`; None where there are none.
        duration: likewise, 0 where unknown.
        time_base: seconds.
        is_key: whether a decoder can begin with it.
        arrived: when it came, by the clock that only grows.
        codec: of its stream.
        audio: whether it holds sound.
        corrupt: whether the demuxer reported an error in it.
        camera_s: when it was taken by the camera's own clock, seconds since 1970; None: unknown.
        run: stretch of stamps that belong together: another after each connection and each jump.
        at: when it was taken, seconds since 1970-01-01 UTC; `times.WallTimes` finds it.
    """

    data: bytes
    pts: int | None
    dts: int | None
    duration: int
    time_base: Fraction
    is_key: bool
    arrived: float
    codec: Codec
    audio: bool = False
    corrupt: bool = False
    camera_s: float | None = None
    run: int = 0
    at: float = 0.0

    @property
    def stamp_s(self) -> float | None:
        """When it is shown, seconds on the stream's clock."""
        stamp = self.dts if self.pts is None else self.pts
        return None if stamp is None else float(stamp * self.time_base)

    @property
    def order_s(self) -> float | None:
        """When it is decoded, seconds on the stream's clock."""
        stamp = self.pts if self.dts is None else self.dts
        return None if stamp is None else float(stamp * self.time_base)

    def packet(self) -> av.Packet:
        """For FFmpeg, a new one."""
        packet = av.Packet(self.data)
        packet.pts, packet.dts = self.pts, self.dts
        packet.time_base = self.time_base
        packet.is_keyframe = self.is_key
        return packet


def parameter_sets(codec: str, data: bytes) -> bytes:
    """The parameters that stand inside of a key packet; empty where none do.

    Args:
        codec: FFmpeg's name.
        data: of H.264 and H.265 with start codes; packets with lengths, as in MP4, hold none.
    """
    if codec == "mjpeg":
        size = jpeg_size(data)
        return b"" if size is None else b"%dx%d" % size
    if codec not in _RAW:
        return b""
    found = []
    for unit in _units(data):
        kind = unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F
        if kind in (_H264_SETS if codec == "h264" else _HEVC_SETS):
            found.append(unit)
    return _START.join([b"", *found]) if found else b""


def is_needed(codec: str, data: bytes) -> bool:
    """Whether other pictures may be built upon this packet's; False only where that is sure."""
    if codec != "h264":
        return True
    pictures = [unit[0] for unit in _units(data) if unit[0] & 0x1F in (1, 5)]
    return not pictures or any(first & 0x60 for first in pictures)


def _units(data: bytes) -> list[bytes]:
    """The units of a packet with start codes; none where it has lengths instead."""
    if not data.startswith((_START, b"\0" + _START)):
        return []
    units = (unit.rstrip(b"\0") for unit in data.split(_START))
    return [unit for unit in units if unit]


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(W, H) of a JPEG picture as its header says, or None.

    >>> jpeg_size(bytes.fromhex("ffd8ffc00011080010002003"))
    (32, 16)
    """
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in _JPEG_SIZES:
            return (
                int.from_bytes(data[place + 7 : place + 9], "big"),
                int.from_bytes(data[place + 5 : place + 7], "big"),
            )
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def _read_from(name: str, data: bytes, sets: bytes) -> Codec | None:
    """What FFmpeg reads from a key packet alone."""
    try:
        with av.open(io.BytesIO(data), format=_RAW.get(name, name)) as container:
            return Codec.of(container.streams.video[0], sets)
    except READ_ERRORS:
        return None


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection stands.

    Attributes:
        video: of the stream.
        audio: of its sound; None: there is none.
        has_clock: whether packets carry times; pushed pictures carry none.
    """

    video: Codec
    audio: Codec | None = None
    has_clock: bool = True


@dataclass(frozen=True, slots=True)
class Lost:
    """A connection ended, or never stood.

    Attributes:
        why: a sentence for people, without the address's secrets.
        settings: whether only other settings can help, e.g. another password.
    """

    why: str
    settings: bool = False


Arrival = Opened | Piece | Lost
"""What comes of a connection, in order; `Lost` is the last."""
