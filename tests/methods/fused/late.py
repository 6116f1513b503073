"""A scorer whose answers are known, some frames later."""

from __future__ import annotations

import numpy as np

from awry.frames import Frame, FrameScore, Region
from awry.methods.base import Scorer, Setting

BOX = (8.0, 8.0, 23.0, 23.0)


class Late(Scorer):
    """Scores each frame by its index, so many frames later, from the `warmup`-th on."""

    def __init__(self, late: int, warmup: int = 0, *, objects: bool = False) -> None:
        super().__init__(Setting())
        self.lookahead, self.warmup, self.smoothing = late, warmup, "none"
        self._objects = objects
        self._owed: list[Frame] = []

    def _push(self, frame: Frame) -> list[FrameScore]:
        self._owed.append(frame)
        return [self._next()] if len(self._owed) > self.lookahead else []

    def _next(self) -> FrameScore:
        frame = self._owed.pop(0)
        if frame.index < self.warmup:
            return FrameScore(frame.index, frame.time_s, None)
        value = float(frame.index % 10)
        heat = np.zeros((4, 8), np.float32)
        heat[1, 1] = value
        regions = (Region(BOX, value, {"speed": value}, "dog"),) if self._objects else ()
        return FrameScore(frame.index, frame.time_s, value, {"own": value}, heat, regions)

    def _flush(self) -> list[FrameScore]:
        """As many methods: the last frames have no score."""
        owed, self._owed = self._owed, []
        return [FrameScore(frame.index, frame.time_s, None) for frame in owed]


def stream(count: int) -> list[Frame]:
    image = np.zeros((32, 64, 3), np.uint8)
    return [Frame(number, number / 10, image) for number in range(count)]
