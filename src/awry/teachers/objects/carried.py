"""Boxes of a key frame, carried to the next pictures by the flow inside them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.teachers.flow import grey_of
from awry.teachers.objects.selection import box_areas

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float32]
POINTS = 6
"""On each side of the grid of points that is followed inside a box."""
INNER = 0.6
"""Of a box's sides, where that grid lies: less of the ground behind the object."""
LEAST_LEFT = 0.5
"""Of a box's area that must still be inside the picture."""
_WINDOW, _LEVELS = (11, 11), 2


def carried(boxes: Boxes, before: Picture, after: Picture) -> Boxes:
    """Where boxes (n, 4) of a picture are in the next one; they may stick out of it.

    Each moves by the median of what its points moved (pyramidal Lucas-Kanade); sizes stay.

    Args:
        boxes: in pixels of the first picture.
        before, after: uint8 (h, w, c), c = 1 grey or 3 RGB, of one size.
    """
    if not len(boxes):
        return boxes
    return np.asarray(boxes + np.tile(_median_flow(boxes, before, after), 2), np.float32)


def trimmed(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """The boxes cut at the edges of an (h, w) picture."""
    return boxes.clip(0, np.array([size[1], size[0]] * 2, np.float32))


def inside(boxes: Boxes, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether half of each box at least lies in an (h, w) picture, (n,)."""
    return np.asarray(box_areas(trimmed(boxes, size)) >= LEAST_LEFT * box_areas(boxes))


def _median_flow(
    boxes: NDArray[np.float32], before: Picture, after: Picture
) -> NDArray[np.float32]:
    """(n, 2), dx and dy of each box; 0 where no point could be followed."""
    steps = np.linspace((1 - INNER) / 2, (1 + INNER) / 2, POINTS, dtype=np.float32)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(1, -1, 2)
    points = boxes[:, None, :2] + grid * (boxes[:, None, 2:] - boxes[:, None, :2])
    flat = np.ascontiguousarray(points.reshape(-1, 1, 2), np.float32)
    found, followed, _ = cv2.calcOpticalFlowPyrLK(
        grey_of(before),
        grey_of(after),
        flat,
        np.empty_like(flat),
        winSize=_WINDOW,
        maxLevel=_LEVELS,
    )
    flow = (found - flat).reshape(len(boxes), -1, 2)
    good = followed.reshape(len(boxes), -1) == 1
    moved = [
        np.median(one[ok], 0) if ok.any() else np.zeros(2)
        for one, ok in zip(flow, good, strict=True)
    ]
    return np.asarray(moved, np.float32)
