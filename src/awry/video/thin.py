"""Fewer frames of a source: every n-th, and at most so many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from awry.errors import ConfigError
from awry.frames import Frame
from awry.video.source import Source, SourceHealth


class Thinned:
    """Each `every`-th frame of a source, counted anew from 0, at most `max_frames` of them.

    Times stay the source's own; `fps` is divided by `every`. A frame that the source lost keeps
    its place here as well. `health` counts indices of the thinned clip.

    Args:
        source: any source.
        every: keep the frames 0, every, 2 * every, ...
        max_frames: places to keep; None keeps all.

    Raises:
        ConfigError: a number below 1.
    """

    def __init__(self, source: Source, every: int = 1, max_frames: int | None = None) -> None:
        if every < 1:
            raise ConfigError(f"--every must be 1 or more, not {every}.")
        if max_frames is not None and max_frames < 1:
            raise ConfigError(f"--max-frames must be 1 or more, not {max_frames}.")
        self.source = source
        self.every = every
        self.max_frames = max_frames
        self.name = source.name
        self.fps = None if source.fps is None else source.fps / every
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        self.health = SourceHealth()
        read = kept = 0
        for frame in self.source:
            read += 1
            index, between = divmod(frame.index, self.every)
            if self.max_frames is not None and index >= self.max_frames:
                break
            if between:
                continue
            kept += 1
            self._follow(index + 1 - kept)
            if frame.damaged:
                self.health.damaged.append(index)
            yield replace(frame, index=index, origin=frame.number)
            # Reading on only to find that nothing is wanted could wait on a live stream.
            if self.max_frames is not None and index + 1 >= self.max_frames:
                break
        else:
            filmed = -(-(read + self.source.health.lost) // self.every)
            places = filmed if self.max_frames is None else min(filmed, self.max_frames)
            self._follow(places - kept)
            return
        self._follow(self.max_frames - kept)

    def _follow(self, lost: int) -> None:
        """What the source says is true of the thinned clip as well."""
        self.health.lost = lost
        self.health.notes = self.source.health.notes
        self.health.remarks = self.source.health.remarks
