"""Footage as a detector is fitted on it: at one rate, in one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame
from awry.video.pictures import same_aspect
from awry.video.source import Source, SourceHealth
from awry.watch.steps import Steps

SLOW = 1.3
"""A source below so many times the rate that is wanted is taken whole: thinned it would jerk."""


class OnGrid:
    """A source's frames on a time grid, as those that a watched camera's detector gets.

    Steps are found as where cameras are read; one that no frame falls to keeps its place, as a lost
    frame does.

    Args:
        source: any source that ends and knows its times.
        rate: frames a second; one that is not below the source's own takes every frame.
        size: (H, W): larger pictures of the same aspect are brought down to it.
        check: called with every frame; whatever it raises ends the reading.
    """

    def __init__(
        self,
        source: Source,
        rate: float,
        size: tuple[int, int],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.source = source
        self.name = source.name
        self.fps: float | None = rate
        self.every = (rate, size)  # a frame cache knows the source by it
        self.health = SourceHealth()
        self._rate, self._size, self._check = rate, size, check

    def __iter__(self) -> Iterator[Frame]:
        self.health = health = SourceHealth()
        steps, given = Steps(self._rate), 0
        for frame in self.source:
            self._check()
            at = frame.index / self._rate if frame.time_s is None else frame.time_s
            step = steps.take(at)
            if step is None:
                continue
            given += 1
            health.lost = step + 1 - given
            if frame.damaged:
                health.damaged.append(step)
            yield replace(frame, index=step, time_s=step / self._rate, image=self._small(frame))
        health.notes, health.remarks = self.source.health.notes, self.source.health.remarks

    def _small(self, frame: Frame) -> NDArray[np.uint8]:
        found, (height, width) = frame.image.shape[:2], self._size
        if found[0] <= height or not same_aspect((found[0], found[1]), self._size):
            return frame.image
        resized = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.uint8)


def grid_of(source: Source, *, rate: float, longest: int) -> tuple[float, tuple[int, int]]:
    """The rate and the size that a source's footage is fitted at.

    Args:
        source: whose first frame is read.
        rate: frames a second at most; a slower source has its own.
        longest: pixels of the longer side at most.

    Returns:
        frames a second, and (H, W).

    Raises:
        SourceError: not one frame can be had.
    """
    height, width = next(iter(source)).image.shape[:2]
    share = min(1.0, longest / max(height, width))
    own = source.fps
    slow = own is not None and own < rate * SLOW
    return (own if slow and own else rate), (round(height * share), round(width * share))
