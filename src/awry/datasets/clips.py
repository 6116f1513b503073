"""Clips on disk: found, counted, and cut into parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from awry.datasets.base import Clip
from awry.errors import DatasetError, SourceError
from awry.frames import Frame
from awry.video.files import VideoFile
from awry.video.images import ImageFolder, is_image
from awry.video.kinds import is_video
from awry.video.listing import NAMED, FoundSource, list_folder
from awry.video.pages import upright_size
from awry.video.source import Source, SourceHealth

_LAST_NUMBER = re.compile(r"(\d+)\D*$")


class ClipFinder:
    """Finds the clips in the folders of a layout, and keeps what was left out of them.

    Args:
        root: the data set's folder.
        fps: frames per second of picture folders.

    Attributes:
        failed: footage that was passed over, one sentence for each kind of reason.
        notes: other files that were left out.
    """

    def __init__(self, root: Path, fps: float | None) -> None:
        self.root = root
        self.fps = fps
        self.failed: list[str] = []
        self.notes: list[str] = []

    def clips(self, place: str = "", pattern: re.Pattern[str] | None = None) -> list[FoundSource]:
        """The videos and folders of pictures in a place, in natural order.

        A folder with pictures right inside is one clip. A folder that is not there, or holds
        nothing, has none.

        Args:
            place: a folder, relative to the root.
            pattern: what a clip's whole name must match; others are left out.
        """
        folder = self.root / place
        if not folder.is_dir():
            return []
        try:
            listed = list_folder(folder, self.fps, labelled=True)
        except SourceError as error:
            self.failed.append(str(error))
            return []
        self.failed += listed.failed
        self.notes += listed.notes
        wanted = [one for one in listed.sources if pattern is None or pattern.fullmatch(one.name)]
        others = [one.name for one in listed.sources if one not in wanted]
        if others:
            self.failed.append(
                f"Left out in {folder}, not called as the layout has it: {named(others)}."
            )
        return wanted

    def first(self, places: tuple[str, ...], pattern: re.Pattern[str]) -> list[FoundSource]:
        """The clips of the first of several places that holds any."""
        for number, place in enumerate(places):
            if sources := self.clips(place, pattern):
                others = [
                    one for one in places[number + 1 :] if has_entries(self.root / one, pattern)
                ]
                self.notes += [f"{one} was left out: {place} is there." for one in others]
                return sources
        return []


def named(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are.

    >>> named(["a", "b"])
    'a, b'
    """
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" * (len(names) > NAMED))


def has_entries(folder: Path, pattern: re.Pattern[str]) -> bool:
    """Whether a sub-folder or video of such a name is right inside; nothing is opened."""
    try:
        there = list(folder.iterdir())
    except OSError:  # not there, or not to be read: listing it will say so
        return False
    return any(
        pattern.fullmatch(path.name) if path.is_dir() else _is_called(path, pattern)
        for path in there
    )


def _is_called(path: Path, pattern: re.Pattern[str]) -> bool:
    return is_video(path) and pattern.fullmatch(path.stem) is not None


def normal_clips(found: list[FoundSource], scene: str) -> tuple[Clip, ...]:
    """Training clips of one scene."""
    return tuple(Clip(one.name, one.open, scene) for one in found)


def without_training(train: tuple[Clip, ...], place: str) -> list[str]:
    """A note where there is nothing to train on."""
    return [] if train else [f"No training clips: {place} is missing or empty."]


def known_length(where: Path) -> int | None:
    """Number of frames of pictures; None for a video, whose counting is not cheap."""
    return len(ImageFolder(where)) if _is_pictures(where) else None


def _is_pictures(where: Path) -> bool:
    return where.is_dir() or is_image(where)


def frame_count(path: Path) -> int:
    """Number of frames of pictures or of a video, lost ones included; nothing is decoded.

    Raises:
        SourceError: it cannot be opened.
    """
    if _is_pictures(path):
        return len(ImageFolder(path))
    return VideoFile(path).announced()


def frame_size(path: Path) -> tuple[int, int]:
    """(H, W) of the first readable picture or of a video's first frame, upright.

    Raises:
        DatasetError: it cannot be opened.
    """
    if _is_pictures(path):
        for file in ImageFolder(path).files:
            with suppress(OSError):
                return upright_size(file)
        raise DatasetError(f"None of the pictures of {path} can be read.")
    try:
        return VideoFile(path).frame_size()
    except SourceError as error:
        raise DatasetError(f"Cannot tell the frame size of {path}: {error}") from error


def number_in(name: str) -> int | None:
    """The last number in a name, or None.

    >>> number_in("Test001"), number_in("frame_041.tif"), number_in("first")
    (1, 41, None)
    """
    match = _LAST_NUMBER.search(Path(name).stem)
    return int(match[1]) if match else None


def excerpt(found: FoundSource, first: int, last: int | None, name: str) -> Excerpt:
    """Open a source and take its frames `first` to `last`."""
    return Excerpt(found.open(), first, last, name)


class Excerpt:
    """Frames `first` to `last` of a source as a clip of their own.

    Indices count anew from 0; times stay the source's own, so that a moment can be found in the
    original. Reading starts at the source's beginning, since seeking is not exact in all codecs.

    Args:
        source: any source that ends.
        first, last: 0-based, both inclusive; None for `last` goes on to the end.
        name: how the clip is called.
        keep_origin: frames remember their place in the source (`Frame.origin`), for a part of a
            clip; without it this is a clip of its own, which begins anew.
    """

    def __init__(
        self,
        source: Source,
        first: int,
        last: int | None,
        name: str,
        *,
        keep_origin: bool = False,
    ) -> None:
        self.keep_origin = keep_origin
        self.source = source
        self.first = first
        self.last = last
        self.name = name
        self.fps = source.fps
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        self.health = SourceHealth()
        read = given = 0
        end = self.last
        for read, frame in enumerate(self.source, 1):  # noqa: B007
            index = frame.index - self.first
            if self.last is not None and frame.index > self.last:
                break
            if index >= 0:
                given += 1
                if frame.damaged:
                    self.health.damaged.append(index)
                origin = frame.number if self.keep_origin else None
                yield replace(frame, index=index, origin=origin)
            # The next frame is not read only to find that it is not wanted.
            if frame.index == self.last:
                break
        else:
            filmed = read + self.source.health.lost
            end = filmed - 1 if end is None else min(end, filmed - 1)
        assert end is not None
        self.health.lost = max(0, end - self.first + 1) - given
        self.health.notes = self.source.health.notes
        self.health.remarks = self.source.health.remarks
