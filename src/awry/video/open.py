"""From what a person types to sources."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from natsort import natsorted, ns

from awry.errors import SourceError
from awry.video.address import (
    STREAM_PREFIXES,
    is_address,
    name_of,
    named_address,
    redact,
    safe,
)
from awry.video.files import VideoFile, is_video
from awry.video.images import ImageFolder, image_files, is_image
from awry.video.live import Camera, LiveStream
from awry.video.source import Source

_DEVICE = re.compile(r"\d{1,3}|/dev/video\d+")
_LOOKED_FOR = (
    "a folder of pictures (TIF, BMP, PNG, JPEG), a video file, a picture, a folder of videos or "
    f"of such folders, an address ({', '.join(STREAM_PREFIXES)}), or a camera (0 or /dev/video0)"
)


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A source that was found but not opened yet, so that a bad one fails alone.

    Attributes:
        name: unique within its list.
        where: path, address (without what may be secret) or device.
        open: opens it; may raise `SourceError`.
    """

    name: str
    where: str
    open: Callable[[], Source]


def open_source(what: str | Path, *, fps: float | None = None) -> Source:
    """Open a folder of pictures, a video file, a picture, a network stream or a camera.

    Args:
        what: a path, an address (or `NAME=ADDRESS`) or a device (`0`, `/dev/video0`).
        fps: frames per second of pictures; videos and streams know their own.

    Raises:
        SourceError: there is no such thing, it cannot be read, or a folder holds several sources.
    """
    text = str(what)
    if is_address(text):
        name, url = named_address(text)
        return LiveStream(url, name=name)
    path = Path(what)
    if _DEVICE.fullmatch(text) and not path.is_dir() and not path.is_file():
        return Camera(text)
    if path.is_dir() and not image_files(path):
        raise SourceError(_no_pictures(path))
    if path.is_dir() or (path.is_file() and is_image(path)):
        return ImageFolder(path, fps)
    if path.is_file():
        return VideoFile(path)
    raise SourceError(f"Cannot find {safe(text)}; looked for {_LOOKED_FOR}.")


def list_sources(what: str | Path, *, fps: float | None = None) -> list[FoundSource]:
    """All sources that a path, address or device stands for; none of them is opened.

    A folder with pictures is one source. Any other folder gives one for each video and for each
    sub-folder of pictures right inside, in natural order.

    Raises:
        SourceError: there is no such thing, or a folder holds neither pictures nor videos.
    """
    text = str(what)
    if is_address(text):
        name, url = named_address(text)
        return [FoundSource(name or name_of(url), redact(url), lambda: open_source(text))]
    path = Path(what)
    if not path.is_dir() or image_files(path):
        if not path.exists() and not _DEVICE.fullmatch(text):
            raise SourceError(f"Cannot find {safe(text)}; looked for {_LOOKED_FOR}.")
        name = path.resolve().name if path.is_dir() else path.stem
        return [_found(path, name, fps)]
    inside = _inside(path)
    if not inside:
        raise SourceError(
            f"The folder {path} holds nothing to read; looked for pictures (TIF, BMP, PNG, JPEG), "
            "videos, and sub-folders of pictures."
        )
    names = [entry.stem if entry.is_file() else entry.name for entry in inside]
    return [
        _found(entry, name if names.count(name) == 1 else entry.name, fps)
        for entry, name in zip(inside, names, strict=True)
    ]


def _inside(folder: Path) -> list[Path]:
    """Videos and sub-folders of pictures right inside a folder."""
    found = [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".")
        and (is_video(entry) if entry.is_file() else entry.is_dir() and bool(image_files(entry)))
    ]
    return natsorted(found, key=lambda entry: entry.name, alg=ns.IGNORECASE)


def _found(path: Path, name: str, fps: float | None) -> FoundSource:
    return FoundSource(name, str(path), lambda: open_source(path, fps=fps))


def _no_pictures(folder: Path) -> str:
    several = len(_inside(folder))
    if several:
        return (
            f"The folder {folder} holds {several} videos or sub-folders of pictures, not one "
            "clip; give one of them."
        )
    return f"The folder {folder} holds no pictures; looked for TIF, BMP, PNG or JPEG files."
