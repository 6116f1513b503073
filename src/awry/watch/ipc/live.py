"""What a camera's process and the web process say of live pictures, over a socket.

Each connection is one wish: `picture` is answered once, `video` until one side ends it. A parcel
is a list of plain values with raw bytes behind it, as `codec.pack` writes it:

    asked    ["picture", width]           ["video"]
    picture  ["picture", at, width, height] + JPEG, or ["none", why, kind, codec]
    video    ["begin", mime, codec, width, height], then ["data"] + bytes ...;
             ["none", why, kind, codec] ends it
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awry.errors import InputError
from awry.watch.ipc.codec import pack, unpack
from awry.watch.ipc.wire import Parcels, parcel

MOST_WIDTH = 7680
"""Pixels of a picture's width that may be asked for."""
MOST_VIEWERS = 8
"""So many may follow the video of a camera at the same time."""
_PIECE = 256 * 1024
_CONNECT_S, _ANSWER_S = 1.0, 5.0


@dataclass(frozen=True, slots=True)
class LivePicture:
    """The newest picture of a camera.

    Attributes:
        at: when it was taken, seconds since 1970-01-01 UTC.
        width, height: in pixels.
        jpeg: the file's bytes.
    """

    at: float
    width: int
    height: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class LiveBegin:
    """A camera's video begins.

    Attributes:
        mime: what a browser must be able to play, e.g. `video/mp4; codecs="avc1.42c01e"`.
        codec: FFmpeg's name, e.g. `h264`.
        width, height: in pixels.
    """

    mime: str
    codec: str
    width: int
    height: int


class NoLiveError(Exception):
    """There is no live picture or video now; the sentence says why.

    Attributes:
        kind: `away`: nobody answers; `picture`: none came yet; `codec`: browsers cannot play the
            stream; `masked`: video cannot be masked; `busy`: too many watch; `changed`: ask again.
        codec: FFmpeg's name, where `kind` is `codec`.
    """

    def __init__(self, why: str, kind: str = "away", codec: str = "") -> None:
        super().__init__(why)
        self.kind, self.codec = kind, codec


def asking_picture(width: int) -> bytes:
    """The parcel that asks for a picture, at most `width` pixels wide; 0: as it is."""
    return parcel(pack(["picture", width]))


def asking_video() -> bytes:
    """The parcel that asks for video."""
    return parcel(pack(["video"]))


def asked_of(data: bytes) -> int | None:
    """The width of a picture that is asked for, 0 for its own; None: video is.

    Raises:
        InputError: it is neither.
    """
    values, _ = unpack(data)
    if values == ["video"]:
        return None
    if isinstance(values, list) and len(values) == 2 and values[0] == "picture":
        width = values[1]
        if type(width) is int and 0 <= width <= MOST_WIDTH:
            return width
    raise InputError("What came is no wish for live pictures.")


def said_picture(picture: LivePicture) -> bytes:
    """The content of a parcel with a picture."""
    return pack(["picture", picture.at, picture.width, picture.height], [picture.jpeg])


def said_none(why: str, kind: str, codec: str = "") -> bytes:
    """The content of a parcel that says why there is nothing; as `NoLiveError`."""
    return pack(["none", why, kind, codec])


def said_begin(begin: LiveBegin) -> bytes:
    """The content of the first parcel of a video."""
    return pack(["begin", begin.mime, begin.codec, begin.width, begin.height])


def said_data(data: bytes) -> bytes:
    """The content of a parcel with the next bytes of a video."""
    return pack(["data"], [data])


async def picture_from(place: Path, width: int) -> LivePicture:
    """A camera's newest picture.

    Args:
        place: the socket of the camera's process.
        width: at most so many pixels; 0: as it is.

    Raises:
        NoLiveError: there is none, or the process is away.
    """
    async with _Connection(place) as there:
        there.say(asking_picture(width))
        kind, values, blobs = await there.hear(_ANSWER_S)
        if kind != "picture":
            raise _none(values)
        at, wide, high = values
        return LivePicture(float(at), int(wide), int(high), blobs[0])


async def video_from(place: Path) -> AsyncIterator[LiveBegin | bytes]:
    """A camera's video as it comes: first what it is, then MP4 in fragments.

    Args:
        place: the socket of the camera's process.

    Raises:
        NoLiveError: there is none, it ended, or the process is away.
    """
    async with _Connection(place) as there:
        there.say(asking_video())
        while True:
            kind, values, blobs = await there.hear(None)
            if kind == "data":
                yield blobs[0]
            elif kind == "begin":
                yield LiveBegin(str(values[0]), str(values[1]), int(values[2]), int(values[3]))
            else:
                raise _none(values)


def _none(values: list[Any]) -> NoLiveError:
    return NoLiveError(*map(str, values[:3])) if values else NoLiveError(_AWAY)


class _Connection:
    """A connection to a camera's process."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._parcels = Parcels()
        self._waiting: list[bytes] = []

    async def __aenter__(self) -> _Connection:
        try:
            opening = asyncio.open_unix_connection(str(self._place), limit=_PIECE)
            self._reader, self._writer = await asyncio.wait_for(opening, _CONNECT_S)
        except (OSError, TimeoutError):
            raise NoLiveError(_AWAY) from None
        return self

    async def __aexit__(self, *error: object) -> None:
        self._writer.close()

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    async def hear(self, seconds: float | None) -> tuple[str, list[Any], list[bytes]]:
        """The next parcel: its kind, its other values and its bytes.

        Raises:
            NoLiveError: nothing came for so long, or the other side is gone.
        """
        try:
            while not self._waiting:
                data = await asyncio.wait_for(self._reader.read(_PIECE), seconds)
                if not data:
                    raise NoLiveError(_AWAY)
                self._waiting = self._parcels.feed(data)
            values, blobs = unpack(self._waiting.pop(0))
            return str(values[0]), values[1:], blobs
        except (OSError, TimeoutError, InputError, LookupError, TypeError):
            raise NoLiveError(_AWAY) from None


_AWAY = "The process that reads this camera does not answer at the moment."
