"""One file of packets as they came: MP4 in fragments, playable while it grows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import av
from av.container import OutputContainer
from av.stream import Stream

from awry.errors import AwryError, MissingError
from awry.storage import sync
from awry.watch.ingest.packets import Codec, Piece

SUFFIX = ".part"
"""Behind the name of a file that grows still."""
OPTIONS: Mapping[str, str] = {
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": "1000000",  # microseconds
    "flush_packets": "1",
    "use_editlist": "0",
}
"""FFmpeg's options for MP4 in fragments of a second."""
# Ticks of a second in which stamps are written; MPEG's own.
_TICKS = 90_000
# Codecs whose parameters MP4 wants outside of the packets; transport streams have them inside.
_OUTSIDE = frozenset({"aac"})
# Errors of FFmpeg and of the disk.
FILE_ERRORS = (OSError, ValueError, av.FFmpegError)


class Disk(Protocol):
    """How files come and go; tests give one that is full or gone."""

    def create(self, path: Path) -> IO[bytes]:
        """Open a new file for writing, its folder with it; must not exist."""
        ...

    def settle(self, part: Path, path: Path) -> None:
        """Give a written file its name for good; `FileExistsError` where it is taken."""
        ...


class RealDisk:
    """This machine's."""

    def create(self, path: Path) -> IO[bytes]:
        """Open a new file for writing, its folder with it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb", buffering=0)

    def settle(self, part: Path, path: Path) -> None:
        """Have the disk hold the file, then rename it; never over another."""
        sync(part)
        try:
            os.link(part, path)  # unlike a rename it fails where the name is taken
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if path.exists():
                raise FileExistsError(f"{path} is there already") from None
            part.rename(path)
        else:
            part.unlink()
        sync(path.parent)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself, so that a dead process's can be adopted.

    Attributes:
        kind: `clip` or `footage`.
        camera: whose.
        start: of its first packet, seconds since 1970-01-01 UTC.
        event, part: as in `messages.FileWritten`.
        light: mode of the pictures, of footage.
        note: what is to be said of it.
    """

    kind: Literal["clip", "footage"]
    camera: str
    start: float
    event: str = ""
    part: int = 0
    light: Literal["day", "infrared"] = "day"
    note: str = ""

    def text(self) -> str:
        """As it stands in the file."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> Facts | None:
        """Of an open file; None where it is not one of ours."""
        try:
            values: Any = json.loads(metadata.get("comment", ""))
            return cls(**values) if values["kind"] in ("clip", "footage") else None
        except (ValueError, TypeError, KeyError):
            return None


class Copier(Protocol):
    """A growing file of packets: copied, or encoded anew."""

    note: str
    """What is to be said of it; empty: nothing."""

    @property
    def codec(self) -> str:
        """FFmpeg's name of the video's codec."""
        ...

    @property
    def size(self) -> int:
        """Bytes so far."""
        ...

    def write(self, piece: Piece) -> None:
        """Append the next packet."""
        ...

    def finish(self) -> None:
        """All packets are there: flush the file."""
        ...

    def drop(self) -> None:
        """Give the file up and let go of it; what is on the disk stays."""
        ...


class CopiedFile:
    """Packets as they came, in a file that is playable up to its last second at any moment.

    Args:
        stream: where it goes, open for writing.
        video: codec of the video.
        audio: codec of the sound; None: none.
        facts: what the file says of itself; None: nothing.
        options: FFmpeg's, of MP4.

    Attributes:
        note: what is to be said of it; empty: nothing.

    Raises:
        AwryError: MP4 cannot hold this video.
        OSError: the disk is full or gone.
    """

    def __init__(
        self,
        stream: IO[bytes],
        video: Codec,
        audio: Codec | None,
        facts: Facts | None,
        options: Mapping[str, str] = OPTIONS,
    ) -> None:
        self._file = stream
        self._container: OutputContainer = opened_mp4(stream, facts, options)
        self._video = _added(self._container, video)
        if self._video is None:
            raise MissingError(
                f"MP4 cannot hold video in {video.name}; set the camera to H.264, H.265 or MJPEG."
            )
        self._audio = None if audio is None else _added(self._container, audio)
        self.note = ""
        if audio is not None and self._audio is None:
            self.note = f"The sound was left out: MP4 cannot hold this stream's {audio.name}."
        self._name = video.name
        self._zero: dict[bool, float] = {}
        self._first_at: float | None = None
        self._last: dict[bool, int] = {}

    @property
    def codec(self) -> str:
        """FFmpeg's name of the video's codec."""
        return self._name

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def write(self, piece: Piece) -> None:
        """Append the next packet.

        Raises:
            OSError: the disk is full or gone.
        """
        stream = self._audio if piece.audio else self._video
        if stream is None:
            return
        packet = piece.packet()
        packet.pts, packet.dts = self._stamps(piece)
        packet.duration = round(piece.duration * piece.time_base * _TICKS)
        packet.time_base = Fraction(1, _TICKS)
        packet.stream = stream
        self._container.mux_one(packet)

    def _stamps(self, piece: Piece) -> tuple[int, int]:
        """Presentation and decoding in ticks from the file's beginning; the latter only grows."""
        if self._first_at is None:
            self._first_at = piece.at
        order = piece.order_s
        if order is None:
            shown = order = piece.at - self._first_at
        else:
            # Sound and picture have clocks of their own; both begin where they were taken.
            if piece.audio not in self._zero:
                stamp = piece.stamp_s
                assert stamp is not None
                self._zero[piece.audio] = stamp - max(0.0, piece.at - self._first_at)
            zero = self._zero[piece.audio]
            shown, order = (piece.stamp_s or 0.0) - zero, order - zero
        # Decoding may begin before the first picture is shown.
        dts = max(round(order * _TICKS), self._last.get(piece.audio, -(2**62)) + 1)
        self._last[piece.audio] = dts
        return max(round(shown * _TICKS), dts), dts

    def finish(self) -> None:
        """Write what FFmpeg holds still.

        Raises:
            OSError: the disk is full or gone.
        """
        try:
            self._container.close()
        finally:
            self._file.close()

    def drop(self) -> None:
        """Let go of the file."""
        let_go(self._container, self._file)


def opened_mp4(
    stream: IO[bytes], facts: Facts | None, options: Mapping[str, str] = OPTIONS
) -> OutputContainer:
    """A container that writes fragments, of about a second, and says of itself what it is."""
    container = av.open(_Writable(stream), "w", format="mp4", options=dict(options))
    if facts is not None:
        container.metadata["comment"] = facts.text()
    return container


class _Writable:
    """A file for FFmpeg: all of what is given is written, or an error is raised."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell
        self.name = ""

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            view = view[self._stream.write(view) :]
        return len(data)


def let_go(container: OutputContainer, stream: IO[bytes]) -> None:
    """Close both, whatever the disk says."""
    for one in (container, stream):
        try:
            one.close()
        except FILE_ERRORS:
            continue


def _added(container: OutputContainer, codec: Codec) -> Stream | None:
    if codec.template is None or (codec.name in _OUTSIDE and not codec.extradata):
        return None
    try:
        return container.add_stream_from_template(codec.template, opaque=True)
    except FILE_ERRORS:
        return None


def trouble(error: Exception) -> str:
    """A disk's or a codec's error, in words."""
    if isinstance(error, AwryError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
