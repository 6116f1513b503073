"""Single frames out of a clip, without reading more of it than is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, runtime_checkable

from awry.frames import Frame
from awry.video.files import VideoFile
from awry.video.images import ImageFolder
from awry.video.seek import frames_at
from awry.video.source import Source
from awry.video.thin import Thinned


@runtime_checkable
class _Part(Protocol):
    """A part of another source, as `awry.datasets.clips.Excerpt` cuts it."""

    source: Source
    first: int
    last: int | None
    keep_origin: bool


def picked(
    source: Source, numbers: Sequence[int], times: Sequence[float] | None = None
) -> Iterator[Frame]:
    """The frames of those numbers, in the clip's order; those that are not there are left out.

    Of a folder of pictures only the wanted files are read. A video file is read from the key
    frame before a wanted one where `times` are given, and else, like any other source, from its
    start. The frames are the same either way.

    Args:
        source: a clip that ends, or a wrapper around one.
        numbers: positions in the clip as it was filmed, from 0.
        times: seconds of each of them, as reading the clip in order gave them. Give them only
            where that reading had nothing to complain of (`SourceHealth.ok`).

    Raises:
        SourceError: the source cannot be read.
    """
    if times is not None and len(times) != len(numbers):
        raise ValueError(f"{len(numbers)} numbers, but {len(times)} times")
    known = dict(zip(numbers, times, strict=True)) if times is not None else {}
    yield from _picked(source, sorted(set(numbers)), known)


def _picked(source: Source, numbers: list[int], times: dict[int, float]) -> Iterator[Frame]:
    if isinstance(source, ImageFolder):
        yield from _pictures(source, numbers)
    elif isinstance(source, VideoFile) and times:
        yield from _from_video(source, numbers, times)
    elif isinstance(source, Thinned) and _is_plain(source.source):
        yield from _thinned(source, numbers, times)
    elif isinstance(source, _Part) and _is_plain(source.source):
        yield from _part(source, numbers, times)
    else:
        yield from _in_order(source, numbers)


def _is_plain(source: Source) -> bool:
    """Whether its frames are counted as they are filmed, and can be had one by one."""
    return isinstance(source, ImageFolder | VideoFile)


def _in_order(source: Source, numbers: list[int]) -> Iterator[Frame]:
    wanted, last = set(numbers), max(numbers, default=-1)
    if last < 0:
        return
    for frame in source:
        if frame.number in wanted:
            yield frame
        if frame.number >= last:
            return


def _pictures(source: ImageFolder, numbers: list[int]) -> Iterator[Frame]:
    for number in numbers:
        with suppress(IndexError, OSError):  # left out, as by reading in order
            yield source.frame(number)


def _from_video(source: VideoFile, numbers: list[int], times: dict[int, float]) -> Iterator[Frame]:
    frames = frames_at(source, [times[number] for number in numbers])
    for done, number in enumerate(numbers):
        frame = next(frames, None)
        if frame is None:  # seeking is not exact in this file
            yield from _in_order(source, numbers[done:])
            return
        yield replace(frame, index=number)


def _thinned(source: Thinned, numbers: list[int], times: dict[int, float]) -> Iterator[Frame]:
    kept = [number for number in numbers if number % source.every == 0]
    if source.max_frames is not None:
        kept = [number for number in kept if number // source.every < source.max_frames]
    for frame in _picked(source.source, kept, times):
        yield replace(frame, index=frame.index // source.every, origin=frame.number)


def _part(source: _Part, numbers: list[int], times: dict[int, float]) -> Iterator[Frame]:
    shift = 0 if source.keep_origin else source.first
    inside = [number + shift for number in numbers if number + shift >= source.first]
    if source.last is not None:
        inside = [number for number in inside if number <= source.last]
    shifted = {number + shift: time for number, time in times.items()}
    for frame in _picked(source.source, inside, shifted):
        origin = frame.number if source.keep_origin else None
        yield replace(frame, index=frame.index - source.first, origin=origin)
