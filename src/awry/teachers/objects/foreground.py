"""Regions that move, without weights and without classes."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from awry.teachers.objects.base import Floats, ObjectDetector, View
from awry.teachers.objects.options import DetectorOptions

LEVEL = 12
"""Grey levels by which a pixel must differ from both neighbours in time."""
GAP = 48
"""Parts of one object may be so far apart: the longer side of the picture divided by this."""
CERTAIN = 64.0
"""A region that differs by so many grey levels on average has confidence 1."""


class ForegroundDetector(ObjectDetector):
    """Where a frame differs from an earlier and from a later one, something is moving there.

    Both differences together leave out the place that an object has left or will reach. What
    stands still is not seen. The confidence grows with the mean difference inside the region.
    """

    needs_neighbours: ClassVar[bool] = True
    costly: ClassVar[bool] = False

    def __init__(self, options: DetectorOptions) -> None:
        super().__init__("foreground", "foreground", "", 0.2, options)

    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        earlier = cv2.absdiff(view.image, view.before).max(2)
        later = cv2.absdiff(view.image, view.after).max(2)
        moved = cv2.blur(np.minimum(earlier, later), (3, 3))
        side = max(3, max(moved.shape) // GAP) | 1  # an even kernel would shift what it closes
        close = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        mask = cv2.morphologyEx((moved >= LEVEL).astype(np.uint8), cv2.MORPH_CLOSE, close)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        strong = moved >= LEVEL
        total = np.bincount(labels[strong], moved[strong], count)[1:]
        pixels = np.bincount(labels[strong], minlength=count)[1:]
        corner, sides = stats[1:, :2], stats[1:, 2:4]
        boxes = np.concatenate([corner, corner + sides], 1).astype(np.float32)
        scores = np.minimum(total / np.maximum(pixels, 1) / CERTAIN, 1).astype(np.float32)
        return boxes, scores, np.empty((len(boxes), 0), np.float32)
