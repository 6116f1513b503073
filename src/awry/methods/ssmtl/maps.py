"""From scored objects to a frame's map and score (section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awry.video.pictures import outer

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


def highest(values: Map, boxes: NDArray[np.float32]) -> Sequence[float]:
    """The map's highest value inside each box."""
    return [float(values[outer(box, values.shape)].max()) for box in boxes]
