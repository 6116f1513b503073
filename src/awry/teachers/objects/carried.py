"""Objects of a key frame, carried to the next pictures by the flow inside their boxes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Objects
from awry.teachers.flow import grey_of
from awry.teachers.objects.base import taken

Picture = NDArray[np.uint8]
POINTS = 6
"""On each side of the grid of points that is followed inside a box."""
INNER = 0.6
"""Of a box's sides, where that grid lies: less of the ground behind the object."""
LEAST_LEFT = 0.5
"""Of a box's area that must still be inside the picture."""
_WINDOW, _LEVELS = (11, 11), 2


def carried(objects: Objects, before: Picture, after: Picture) -> Objects:
    """Where a picture's objects are in the next one.

    Each box moves by the median of what its points moved (pyramidal Lucas-Kanade); sizes, classes
    and confidences stay. A box that left the picture by more than half is gone; others may stick
    out, so that they can be carried on: see `trimmed`.

    Args:
        objects: of the first picture; boxes in its pixels.
        before, after: uint8 (h, w, c), c = 1 grey or 3 RGB, of one size.
    """
    if not len(objects.scores):
        return objects
    moved = objects.boxes + np.tile(_median_flow(objects.boxes, before, after), 2)
    moved_objects = replace(objects, boxes=moved)
    inside = trimmed(moved_objects, (before.shape[0], before.shape[1])).boxes
    return taken(moved_objects, _areas(inside) >= LEAST_LEFT * _areas(moved))


def trimmed(objects: Objects, size: tuple[int, int]) -> Objects:
    """The objects with their boxes cut at the edges of an (h, w) picture."""
    edges = np.array([size[1], size[0]] * 2, np.float32)
    return replace(objects, boxes=objects.boxes.clip(0, edges))


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


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
