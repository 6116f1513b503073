"""Stretches of a long video file, which several workers read beside one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.container import counts_frames, the_video
from awry.video.files import VideoFile
from awry.video.seek import INDEXED, frames_at
from awry.video.source import SourceHealth
from awry.video.unpack import READ_ERRORS

_STEPS = 0.5, 1.5
"""A file is cut where each step is so many usual ones: elsewhere something may be missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """The frames of a whole file, as its packets tell; nothing was decoded.

    Attributes:
        times: float64 (n,), as `Frame.time_s`.
        keys: int64 (k,), indices of key frames, ascending.
    """

    times: NDArray[np.float64]
    keys: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive frames of a file.

    Attributes:
        first: index of the first one that is read.
        core: indices of the first that is of use and of the one behind the last; those around them
            are there for a scorer's past and look-ahead.
        times: float64 (n,), of all that are read, ascending.
    """

    first: int
    core: tuple[int, int]
    times: NDArray[np.float64] = field(repr=False, compare=False)


def stamps_of(file: VideoFile) -> Stamps | None:
    """What a file's packets tell of its frames; None where it cannot be cut for sure.

    That is where stamps are missing, go back or leave gaps, where they only number the packets, or
    where the container cannot be searched.
    """
    try:
        with file._open() as container:
            stream = the_video(container)
            if counts_frames(container) or not INDEXED & set(container.format.name.split(",")):
                return None
            packets = [one for one in container.demux(stream) if one.size]
            base = stream.time_base
        if file.announced() != len(packets) or base is None:
            return None
    except (SourceError, *READ_ERRORS):
        return None
    if any(one.pts is None or one.is_corrupt or one.is_discard for one in packets):
        return None
    return _regular(
        np.array([one.pts for one in packets], np.int64),
        np.array([one.is_keyframe for one in packets], bool),
        [pts * float(base) for pts in sorted(one.pts or 0 for one in packets)],
    )


def _regular(
    stamps: NDArray[np.int64], keys: NDArray[np.bool_], seconds: list[float]
) -> Stamps | None:
    order = np.argsort(stamps, kind="stable")
    steps = np.diff(stamps[order])
    if not len(steps):
        return None
    usual = np.median(steps)
    low, high = _STEPS
    if steps.min() < low * usual or steps.max() > high * usual or not keys[order][0]:
        return None
    times = np.array([second - seconds[0] for second in seconds])
    return Stamps(times, np.flatnonzero(keys[order]).astype(np.int64))


def cut(stamps: Stamps, seconds: float, before: int, after: int, period: int = 1) -> list[Stretch]:
    """A file as stretches that begin at key frames.

    Args:
        stamps: of the file.
        seconds: the least length of a stretch.
        before: frames that must be read before the first of use.
        after: likewise behind the last.
        period: what is of use begins at multiples of it.

    Returns:
        One or more; what is of use in them is the whole file.
    """
    count = len(stamps.times)
    starts = [0]
    for key in stamps.keys:
        start = -(-(int(key) + before) // period) * period
        if start >= count or stamps.times[-1] - stamps.times[start] < seconds / 2:
            break
        if stamps.times[start] - stamps.times[starts[-1]] >= seconds:
            starts.append(start)
    stretches = []
    for start, stop in zip(starts, [*starts[1:], count], strict=True):
        first, last = max(0, (start - before) // period * period), min(count, stop + after)
        stretches.append(Stretch(first, (start, stop), stamps.times[first:last]))
    return stretches


class StretchFile:
    """The frames of a stretch, as a source: the same as those of the whole file.

    Args:
        path: of the file.
        name: how the clip is called.
        stretch: which frames.

    Raises:
        SourceError: as `VideoFile`; while iterating, a frame cannot be had for sure, and the file
            must be read as a whole.
    """

    def __init__(self, path: str | Path, name: str, stretch: Stretch) -> None:
        self._file = VideoFile(path, name)
        self._stretch = stretch
        self.name = name
        self.fps = self._file.fps
        self.started_at = self._file.started_at
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        stretch = self._stretch
        count = len(stretch.times)
        found = 0
        for frame in self._frames(count):
            if frame.damaged or frame.time_s is None or self.health.faults:
                break
            if abs(frame.time_s - stretch.times[found]) > 1e-6:
                break
            time_s = float(stretch.times[found])
            yield Frame(stretch.first + found, time_s, frame.image)
            found += 1
        if found < count:
            raise SourceError(
                f"Frame {stretch.first + found} of {self._file.path} cannot be reached for sure."
            )

    def _frames(self, count: int) -> Iterator[Frame]:
        """The first stretch is read in order, for what is to be said of the file."""
        if self._stretch.first:
            yield from frames_at(self._file, self._stretch.times.tolist())
            return
        for frame in islice(self._file, count):
            self.health = self._file.health
            yield frame
