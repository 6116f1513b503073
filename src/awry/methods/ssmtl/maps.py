"""From scored objects to a frame's map and score (section 3.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.sequences import outer
from awry.scoring.smoothing import REACH

Item = TypeVar("Item")
Values = dict[str, NDArray[np.float32]]
Map = NDArray[np.float32]


def painted(boxes: NDArray[np.float32], scores: NDArray[np.float64], size: tuple[int, int]) -> Map:
    """Each object's score painted into its box; where boxes overlap, the highest.

    Args:
        boxes: float32 (n, 4) in pixels of the map.
        scores: (n,), distances above the lowest normal score; below 0 counts as 0.
        size: (h, w).

    Returns:
        float32 (h, w), 0 where no object is.
    """
    canvas = np.zeros(size, np.float32)
    order = np.argsort(scores, kind="stable")
    for box, score in zip(boxes[order], scores[order], strict=True):
        canvas[outer(box, size)] = max(score, 0.0)
    return canvas


def blurred(values: Map, side: int) -> Map:
    """Mean over squares of that side; beyond the border nothing lies.

    What fills a small part of the square counts by that part alone: slivers of people who enter
    the picture, and feet that were taken for skis.
    """
    found = cv2.blur(values, (side, side), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(found, np.float32)


class TimeFilter(Generic[Item]):
    """A weighted mean of named values over neighbouring frames, for one stream.

    The first and the last values are taken to have stood before and after the stream.

    Args:
        weights: of `before` past frames, the present one, and later ones.
        before: past frames among the weights.
    """

    def __init__(self, weights: NDArray[np.float64], before: int) -> None:
        self._weights = weights / weights.sum()
        self._before = before
        self.lookahead = len(weights) - 1 - before
        self._values: deque[Values] = deque(maxlen=len(weights))
        self._items: deque[Item] = deque()

    def push(self, item: Item, values: Values) -> list[tuple[Item, Values]]:
        """Take a frame; give the frame, if any, whose later frames are all there now."""
        if not self._values:
            self._values.extend([values] * self._before)
        self._items.append(item)
        return self._take(values)

    def _take(self, values: Values) -> list[tuple[Item, Values]]:
        self._values.append(values)
        if len(self._values) < len(self._weights) or not self._items:
            return []
        return [(self._items.popleft(), self._mean())]

    def _mean(self) -> Values:
        if len(self._weights) == 1:
            return self._values[0]
        pairs = list(zip(self._weights, self._values, strict=True))
        means: Values = {}
        for name, first in pairs[0][1].items():
            total = np.zeros_like(first)
            for weight, values in pairs:
                total += np.float32(weight) * values[name]
            means[name] = total
        return means

    def flush(self) -> list[tuple[Item, Values]]:
        """The stream has ended: give the rest and forget it."""
        found = []
        while self._items:
            found += self._take(self._values[-1])
        self._values.clear()
        return found


def mean_filter(config: SSMTLConfig) -> TimeFilter[Item]:
    """The temporal side of the map's 3-D mean filter."""
    frames = config.filter_frames
    before = frames - 1 if config.filter_causal else frames // 2
    return TimeFilter(np.ones(frames), before)


def smoother(config: SSMTLConfig) -> TimeFilter[Item]:
    """The temporal filter of the frames' scores: a Gaussian, its past half, or nothing."""
    if config.smoothing == "none":
        return TimeFilter(np.ones(1), 0)
    reach = int(np.ceil(REACH * config.smoothing_sigma))
    later = 0 if config.smoothing == "causal" else reach
    ages = np.arange(-reach, later + 1)
    return TimeFilter(np.exp(-0.5 * (ages / config.smoothing_sigma) ** 2), reach)


def highest(values: Map, boxes: NDArray[np.float32]) -> Sequence[float]:
    """The map's highest value inside each box."""
    return [float(values[outer(box, values.shape)].max()) for box in boxes]
