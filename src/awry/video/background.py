"""What the frames of a stream are compared with: the mean picture that was learned, or their own.

A camera that was moved, or an hour in another light, differs from what was learned all over the
picture, in places where nothing moves. People who pass differ from it where they are.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from awry.frames import ASSUMED_FPS

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

HOLD_S = 1.0, 2.0
"""So long, at least and at most, a pixel must not once have looked as in training."""
ANOTHER, SAME = 0.1, 0.05
"""Shares of such pixels: above the first the stream shows another view, below the second the one
that was learned again."""
DEVIATIONS = 2.0
LEAST_DEVIATION = 3.0
"""Grey levels by which a pixel differs in any footage."""
MEMORY_S = 60.0
"""The stream's own picture is the mean of so much of it, once there is so much."""


class Background:
    """The mean picture of one stream, frame by frame. Not shared between streams.

    Args:
        usual: float32 (c, h, w) in [0, 1], the mean picture of the training footage.
        deviation: float32 (h, w) in [0, 1], each pixel's standard deviation there, of its mean
            colour; None: the training footage's picture is kept whatever comes.
        fps: frames per second that are pushed; None: `ASSUMED_FPS`.
        kept: frames to be remembered at least; so many are enough to tell another view, where
            they are between `HOLD_S`.

    Attributes:
        picture: float32 (c, h, w) in [0, 1], what the last frame is compared with.
        recent: the last frames, uint8 (h, w, c), the latest last; none where nothing changes.
        own: whether it is the stream's own picture.
    """

    def __init__(
        self, usual: Floats, deviation: Floats | None, fps: float | None = None, kept: int = 1
    ) -> None:
        rate = fps or ASSUMED_FPS
        self._usual = usual
        least, most = (max(2, round(seconds * rate)) for seconds in HOLD_S)
        self._hold = min(max(kept, least), most)
        self._memory = max(self._hold, round(MEMORY_S * rate))
        self._nearest = None
        if deviation is not None:
            self._grey = usual.mean(0)
            self._nearest = DEVIATIONS * np.maximum(deviation, LEAST_DEVIATION / 255)
        self._count = 0
        self._own = 0
        self._alike = np.zeros(usual.shape[1:], np.int64)
        self.picture = usual
        self.recent: deque[Picture] = deque(maxlen=max(self._hold, kept))
        self.own = False

    def push(self, image: Picture) -> bool:
        """Take in the stream's next frame, uint8 (h, w, c).

        Returns:
            whether `picture` is another one from this frame on: what was made of the frames before
            with the former picture does not belong to it any more.
        """
        if self._nearest is None:
            return False
        self.recent.append(image)
        self._count += 1
        apart = np.abs(image.mean(2, dtype=np.float32) / np.float32(255) - self._grey)
        self._alike[apart <= self._nearest] = self._count
        if self.own:
            self._follow(image)
        if self._count < self._hold:
            return False
        other = float(np.mean(self._count - self._alike >= self._hold))
        if not self.own and other > ANOTHER:
            self._begin()
            return True
        if self.own and other < SAME:
            self.picture, self.own = self._usual, False
            return True
        return False

    def _begin(self) -> None:
        """The stream's own picture, of the last frames."""
        last = list(self.recent)[-self._hold :]
        self.picture = _unit(np.median(np.stack(last), 0))
        self._own, self.own = len(last), True

    def _follow(self, image: Picture) -> None:
        self._own = min(self._own + 1, self._memory)
        self.picture = self.picture + (_unit(image) - self.picture) / np.float32(self._own)

    def without(self, image: Picture) -> Floats:
        """A frame uint8 (h, w, c) less the picture: float32 (c, h, w) in [-1, 1]."""
        return _unit(image) - self.picture


def _unit(image: NDArray[np.generic]) -> Floats:
    return np.asarray(image, np.float32).transpose(2, 0, 1) / np.float32(255)
