"""Folders of pictures, and single pictures, as clips."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from natsort import natsorted, ns
from numpy.typing import NDArray

from awry.errors import SourceError
from awry.frames import Frame
from awry.names import shown
from awry.video.clock import picture_start
from awry.video.kinds import MOVING_ENDINGS, PICTURE_ENDINGS, Kind, ending_of, kind_of
from awry.video.pages import (
    decoded,
    is_animated,
    opened,
    page_count,
    page_numbers,
    page_seconds,
    read_pages,
    said_of,
)
from awry.video.source import SourceHealth

PICTURES = "TIF, PNG, BMP, JPEG and others"
"""The formats of pictures, for messages."""


def is_image(path: Path) -> bool:
    """Whether a file is a picture, by its name or, where that tells nothing, by its content."""
    return kind_of(path.name, path) is Kind.PICTURE


def image_files(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10).

    Hidden files and animations are left out, and of a frame that is there in several formats all
    but one: see `each_once`.

    Raises:
        OSError: the folder cannot be listed.
    """
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if kind_of(entry.name, entry.path) is Kind.PICTURE and entry.is_file()
        ]
    still = [name for name in names if not is_film(folder / name)]
    return [folder / name for name in natural(each_once(still)[0])]


def natural(names: Iterable[str]) -> list[str]:
    """Names in natural order, 2 before 10."""
    return natsorted(names, alg=ns.IGNORECASE)


def is_film(path: Path) -> bool:
    """Whether a picture's file is an animation; only formats that are made for it are opened."""
    return ending_of(path.name) in MOVING_ENDINGS and is_animated(path)


def each_once(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Pictures that are there in several formats, once each: lossless formats go first.

    Args:
        names: of the pictures of one folder.

    Returns:
        The names that stand for a frame each, and those left out.

    >>> each_once(["1.jpg", "1.tif", "2.jpg", "2.tif.jpg"])
    (['1.tif', '2.jpg'], ['1.jpg', '2.tif.jpg'])
    """
    best: dict[str, str] = {}
    left = []
    for name in names:
        frame = _without_endings(name)
        if frame not in best:
            best[frame] = name
            continue
        first, second = sorted((best[frame], name), key=_preference)
        best[frame] = first
        left.append(second)
    return list(best.values()), left


def _without_endings(name: str) -> str:
    while ending_of(name) in PICTURE_ENDINGS:
        name = name[: -len(ending_of(name))]
    return name


def _preference(name: str) -> tuple[int, int, str]:
    ending = ending_of(name)
    place = PICTURE_ENDINGS.index(ending) if ending in PICTURE_ENDINGS else len(PICTURE_ENDINGS)
    return place, len(name), name


def read_image(path: Path, page: int = 0) -> NDArray[np.uint8]:
    """Read one picture as RGB: see `awry.video.pages.decoded`.

    Args:
        path: a picture file.
        page: which of its pictures, from 0.

    Returns:
        uint8 (H, W, 3), RGB.

    Raises:
        OSError: the file is unreadable, truncated, too large or of a kind that is not supported.
    """
    with opened(path) as picture:
        if page:
            picture.seek(page_numbers(picture)[page])
        return decoded(picture)


class ImageFolder:
    """The pictures of a folder, in natural order; or a picture file as a clip of its own.

    Each picture that a file holds is a frame. A picture that cannot be read gives no frame but
    keeps its place: the frames after it have the same indices as if it were good. Each such file
    is named in `health.notes` and counted in `health.lost`. A picture of another size than the
    first is delivered as it is.

    Args:
        path: a folder, or one picture file, which may be an animation.
        fps: frames per second; frame times are `index / fps`, or None without it. An animation
            has times of its own.
        name: how the clip is called; by default the folder's name or the file's stem.

    Raises:
        SourceError: there is no such folder or file, or no picture in it; while iterating, none
            of the pictures can be read.
    """

    def __init__(self, path: str | Path, fps: float | None = None, name: str | None = None) -> None:
        path = Path(path)
        if fps is not None and not fps > 0:
            raise SourceError(f"Frames per second must be above zero, not {fps}.")
        try:
            self.files = [path] if path.is_file() else image_files(path)
        except OSError as error:
            raise SourceError(f"Cannot open {path}: {error.strerror}.") from error
        if not self.files:
            raise SourceError(f"The folder {path} holds no pictures; expected {PICTURES}.")
        self.path = path
        self.name = name or shown(path.stem if path.is_file() else path.resolve().name)
        self._own_times = path.is_file() and is_film(path)
        self.fps = _rate_of(path) if self._own_times else fps
        self.health = SourceHealth()

    @cached_property
    def started_at(self) -> datetime | None:
        """When its first picture was taken, as the picture says; None where it does not."""
        return picture_start(self.files[0])

    @cached_property
    def _firsts(self) -> NDArray[np.int64]:
        """The index of each file's first frame, and the number of frames at the end."""
        return np.cumsum([0, *(page_count(path) for path in self.files)])

    def __len__(self) -> int:
        """Number of pictures, unreadable files counted as one each; only headers are read."""
        return int(self._firsts[-1])

    def __iter__(self) -> Iterator[Frame]:
        self.health = SourceHealth()
        index = -1
        pages = ((path, *page) for path in self.files for page in _pages_of(path))
        for index, (path, seconds, image) in enumerate(pages):
            if isinstance(image, OSError):
                self.health.lost += 1
                self.health.notes.append(f"{shown(path)} was skipped: {said_of(path, image)}")
            else:
                yield Frame(index, self._time(index, seconds), image)
        if self.health.lost == index + 1:
            raise SourceError(
                f"None of the {index + 1} pictures of {self.path} can be read; "
                f"the first: {self.health.notes[0]}"
            )

    def _time(self, index: int, seconds: float) -> float | None:
        if self._own_times:
            return seconds
        return None if self.fps is None else index / self.fps

    def frame(self, index: int) -> Frame:
        """One frame, without reading those before it, except of its own file.

        Raises:
            IndexError: there is no such frame.
            OSError: its picture cannot be read.
        """
        if not 0 <= index < len(self):
            raise IndexError(index)
        place = int(np.searchsorted(self._firsts, index, side="right")) - 1
        path, page = self.files[place], index - int(self._firsts[place])
        if not self._own_times:
            return Frame(index, self._time(index, 0.0), read_image(path, page))
        # The time is known by what was shown before.
        seconds, image = next(islice(read_pages(path), page, None))
        if isinstance(image, OSError):
            raise image
        return Frame(index, seconds, image)


def _pages_of(path: Path) -> Iterator[tuple[float, NDArray[np.uint8] | OSError]]:
    """As `read_pages`; a file that cannot be opened has one picture, which is lost."""
    try:
        yield from read_pages(path)
    except OSError as error:
        yield 0.0, error


def _rate_of(path: Path) -> float | None:
    """Frames per second of an animation, by how long its first picture is shown."""
    with opened(path) as picture:
        picture.seek(page_numbers(picture)[0])
        seconds = page_seconds(picture)
        return None if not seconds else 1 / seconds
