"""What is odd about the pictures of a camera while they come: still, of another size, damaged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame
from awry.video.source import SourceHealth

STILL_S = 10.0
"""Seconds without any change that count as standing still. Noise alone changes a camera's pictures,
but encoders repeat a quiet picture exactly up to their next key frame."""
# Where no times are known.
_STILL_FRAMES = 250
# Enough to see any change but the smallest; the whole picture is compared only where these agree.
_GRID = 8


class PictureWatch:
    """Notes when a stream's picture stands still, moves again, changes its size, or is damaged.

    Of damaged frames only the first is noted; `health.damaged` has them all.

    Args:
        health: where that is noted, when it happens.
    """

    def __init__(self, health: SourceHealth) -> None:
        self._health = health
        self._last: NDArray[np.uint8] | None = None
        self._since: Frame | None = None
        self._still = False
        self._damaged = False

    def see(self, frame: Frame) -> None:
        """Look at the next frame."""
        if frame.damaged and not self._damaged:
            self._damaged = True
            self._note("There are damaged pictures", frame)
        last, self._last = self._last, frame.image
        if last is not None and last.shape != frame.image.shape:
            self._note(
                f"The picture's size changes from {_size(last)} to {_size(frame.image)}", frame
            )
        if last is None or self._since is None or not _same(last, frame.image):
            if self._still:
                self._note("The picture moves again", frame)
            self._since, self._still = frame, False
        elif not self._still and _is_long(self._since, frame):
            self._still = True
            self._note("The picture stands still", self._since)

    def _note(self, what: str, frame: Frame) -> None:
        time = "" if frame.time_s is None else f" ({frame.time_s:.1f} s)"
        self._health.notes.append(f"{what} from frame {frame.index}{time} on.")


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    grid = (slice(None, None, _GRID), slice(None, None, _GRID))
    return np.array_equal(one[grid], other[grid]) and np.array_equal(one, other)


def _is_long(first: Frame, now: Frame) -> bool:
    if first.time_s is None or now.time_s is None:
        return now.index - first.index >= _STILL_FRAMES
    return now.time_s - first.time_s >= STILL_S


def _size(image: NDArray[np.uint8]) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"
