"""What came of trying a camera's address, in a process of its own: this one loads no decoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from awry.watch.checking.apart import ApartError, work_apart

LIMIT_S = 35.0
LATE = "It did not answer within its time limits; check address and network."
SLOWEST, LARGEST = 3.0, 1920
_CLEAR = {"h264": "video", "vp8": "video", "vp9": "video", "av1": "video"}
_PLAYED = {**_CLEAR, "hevc": "some", "mjpeg": "pictures"}


@dataclass(frozen=True, slots=True)
class TriedStream:
    """A stream at an address.

    Attributes:
        kind: `video` or `audio`.
        codec: FFmpeg's name, e.g. `h264`.
        width, height: in pixels; 0: not known, or no video.
        rate: pictures a second; None: not known.
        read: whether it is the one that is scored.
        browsers: `video`: browsers play it; `some`: not all do, others see pictures; `pictures`:
            they see pictures; `none`: it is no video.
    """

    kind: str
    codec: str
    width: int
    height: int
    rate: float | None
    read: bool
    browsers: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    Attributes:
        problem: a sentence without secrets; empty where it works.
        width, height: of the pictures that came, in pixels; 0 where none did.
        rate: pictures a second; None: not known.
        streams: all that is there.
        remarks: sentences on what works, but not well.
        picture: the newest picture as JPEG in base64; empty where none came.
    """

    problem: str
    width: int = 0
    height: int = 0
    rate: float | None = None
    streams: tuple[TriedStream, ...] = ()
    remarks: tuple[str, ...] = ()
    picture: str = ""


Apart = Callable[[str, Mapping[str, Any], float], dict[str, Any]]


def try_address(address: str, apart: Apart = work_apart) -> Tried:
    """Open an address for some seconds, in a process that is ended after half a minute.

    Args:
        address: of the stream, with its password; it reaches the process by a pipe.
        apart: runs the process.
    """
    try:
        found = apart("awry.watch.checking.trial", {"address": address}, LIMIT_S)
    except ApartError:
        return Tried(LATE)
    streams = tuple(_stream(one) for one in found.get("streams", []))
    tried = Tried(
        problem=str(found.get("problem", "")),
        width=int(found.get("width", 0)),
        height=int(found.get("height", 0)),
        rate=found.get("rate"),
        streams=streams,
        picture=str(found.get("picture", "")),
    )
    if tried.problem:
        return Tried(tried.problem, streams=streams)
    return Tried(**{**_fields(tried), "remarks": _remarks(tried)})


def _stream(one: Mapping[str, Any]) -> TriedStream:
    browsers = _PLAYED.get(one["codec"], "pictures") if one["kind"] == "video" else "none"
    return TriedStream(**one, browsers=browsers)


def _remarks(tried: Tried) -> tuple[str, ...]:
    said = []
    if tried.rate is not None and tried.rate < SLOWEST:
        said.append(
            f"It sends {tried.rate:.1f} pictures a second; raise that to 5 or more in the camera's "
            "own settings, since fast things are missed."
        )
    if max(tried.width, tried.height) > LARGEST:
        said.append(
            f"Its pictures are {tried.width}x{tried.height}: the camera's smaller stream finds the "
            "same and takes less computing. Use this one for clips."
        )
    return tuple(said)


def _fields(tried: Tried) -> dict[str, Any]:
    return {name: getattr(tried, name) for name in Tried.__slots__}
