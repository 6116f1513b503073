"""From what a person types to sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from awry.calls import checked
from awry.errors import SourceError
from awry.names import shown
from awry.video.address import (
    STREAM_PREFIXES,
    is_address,
    is_device,
    name_of,
    named_address,
    redact,
    safe,
)
from awry.video.files import VideoFile
from awry.video.images import PICTURES, ImageFolder, is_image
from awry.video.listing import Found, FoundSource, list_folder
from awry.video.live import Camera, LiveStream
from awry.video.memory import ArraySource, FrameSource
from awry.video.source import Source

__all__ = ["Found", "FoundSource", "find_sources", "list_sources", "open_source"]

_LOOKED_FOR = (
    f"a folder of pictures ({PICTURES}), a video file, a picture, a folder of videos or "
    f"of such folders, an address ({', '.join(STREAM_PREFIXES)}), or a camera (0 or /dev/video0)"
)


@checked
def open_source(what: str | Path | int, *, fps: float | None = None) -> Source:
    """Open a folder of pictures, a video file, a picture, a network stream or a camera.

    Args:
        what: a path, an address (or `NAME=ADDRESS`) or a device (`0`, `/dev/video0`); images in
            memory become a source by `awry.ArraySource`.
        fps: frames per second of pictures; videos, animations and streams know their own.

    Raises:
        ConfigError: what is given is neither, or an unknown option.
        SourceError: there is no such thing, it cannot be read, or a folder holds several sources.
    """
    text = str(what)
    if is_address(text):
        name, url = named_address(text)
        return LiveStream(url, name=name)
    path = Path(text)
    if is_device(text):
        return Camera(text)
    if path.is_dir():
        return _only_one(path, fps).open()
    return _open_file(path, fps)


def source_of(frames: Any, *, fps: float | None = None, name: str = "clip") -> Source:
    """A source of whatever a program has: see `open_source`, or images in memory.

    Args:
        frames: a path, address or device; an opened source; a uint8 array (T, H, W, 3) RGB or
            (T, H, W); or an iterable of frames or of such images (H, W, 3).
        fps: frames per second of pictures and of images in memory.
        name: what images in memory are called.

    Raises:
        SourceError: as `open_source`.
        FrameError: an array of another shape or type.
    """
    if isinstance(frames, str | Path):
        return open_source(frames, fps=fps)
    if isinstance(frames, np.ndarray):
        return ArraySource(frames, fps, name)
    if isinstance(frames, Source):
        return frames
    return FrameSource(frames, fps, name)


def _only_one(folder: Path, fps: float | None) -> FoundSource:
    sources = find_sources(folder, fps=fps).sources
    if len(sources) > 1:
        raise SourceError(
            f"The folder {folder} holds {len(sources)} clips (videos, or sub-folders of pictures), "
            f"not one: {', '.join(one.name for one in sources[:3])} ...; give one of them."
        )
    return sources[0]


def _open_file(path: Path, fps: float | None) -> Source:
    _check_file(path)
    return ImageFolder(path, fps) if is_image(path) else VideoFile(path)


def _check_file(path: Path) -> None:
    """Refuse what is no file: reading a pipe would wait for ever."""
    if path.is_file():
        return
    try:
        path.stat()
    except FileNotFoundError as error:
        link = path.is_symlink()
        why = f"{path} is a link to nothing" if link else f"Cannot find {safe(str(path))}"
        raise SourceError(f"{why}; looked for {_LOOKED_FOR}.") from error
    except OSError as error:
        raise SourceError(f"Cannot open {path}: {error.strerror}.") from error
    raise SourceError(f"{path} is a pipe, a socket or a device, not a file; save it as a file.")


def find_sources(what: str | Path, *, fps: float | None = None) -> Found:
    """All sources that a path, address or device stands for, and what was left out of a folder.

    A folder gives its videos and its folders of pictures, sub-folders included: see
    `awry.video.listing.list_folder`. None of them is opened.

    Raises:
        SourceError: there is no such thing, or a folder holds nothing that can be read.
    """
    text = str(what)
    path = Path(what)
    if is_address(text):
        name, url = named_address(text)
        name, where = name or name_of(url), redact(url)
    elif path.is_dir():
        return _found_inside(path, fps)
    elif is_device(text):
        name, where = text, text
    else:
        _check_file(path)
        name, where = shown(path.stem), text
    return Found((FoundSource(name, where, lambda: open_source(what, fps=fps)),))


def _found_inside(folder: Path, fps: float | None) -> Found:
    listed = list_folder(folder, fps)
    if not listed.sources:
        why = " ".join((*listed.failed, *listed.notes))
        raise SourceError(
            f"The folder {folder} holds nothing to read; looked for pictures ({PICTURES}), "
            f"videos, and sub-folders of these. {why}".rstrip()
        )
    return listed


def list_sources(what: str | Path, *, fps: float | None = None) -> list[FoundSource]:
    """As `find_sources`, the sources alone.

    Raises:
        SourceError: there is no such thing, or a folder holds nothing that can be read.
    """
    return list(find_sources(what, fps=fps).sources)
