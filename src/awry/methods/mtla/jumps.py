"""Frame jumps (section 3.6): a recording that skips shows a large motion that nobody made."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame

REMEMBERED = 25
GAP = 1.5
"""A step in time so much longer than usual is a gap."""


class Jumps:
    """Recognises frame jumps in a stream, and keeps the motion error from before them.

    A large flow alone does not make a jump: a panic is a large flow too. A gap in the time stamps
    or a repeated frame just before must support it.

    Args:
        usual_flow: the highest median flow of normal frames, in pixels.
    """

    def __init__(self, usual_flow: float) -> None:
        self._usual_flow = usual_flow
        self._times = _Usual()
        self._numbers = _Usual()
        self._last: Frame | None = None
        self._repeated = False
        self._kept: NDArray[np.float32] | None = None

    def settled(
        self, frame: Frame, median_flow: float, errors: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The motion branch's errors of a frame, or those before it where the frame jumped.

        Args:
            frame: the next one of the stream.
            median_flow: of the whole picture, in pixels.
            errors: float32 (h, w).
        """
        supported = self._gap(frame) or self._repeated
        if supported and median_flow > self._usual_flow and self._kept is not None:
            errors = self._kept
        last = self._last
        self._repeated = last is not None and np.array_equal(last.image, frame.image)
        self._last, self._kept = frame, errors
        return errors

    def _gap(self, frame: Frame) -> bool:
        """Whether more time or frame numbers than usual lie between this frame and the last."""
        last = self._last
        if last is None:
            return False
        skipped = self._numbers.exceeded(frame.index - last.index)
        if frame.time_s is None or last.time_s is None:
            return skipped
        return self._times.exceeded(frame.time_s - last.time_s) or skipped


class _Usual:
    """Says of each step whether it is longer than the steps before it; thinned footage is usual."""

    def __init__(self) -> None:
        self._steps: deque[float] = deque(maxlen=REMEMBERED)

    def exceeded(self, step: float) -> bool:
        usual = float(np.median(self._steps)) if self._steps else step
        self._steps.append(step)
        return step > GAP * usual
