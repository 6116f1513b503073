"""From a detector's candidates to objects: tiles, suppression, and boxes that say nothing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from awry.frames import Objects
from awry.teachers.objects.options import DetectorOptions

Floats = NDArray[np.float32]
INSIDE = 0.9
"""A box lies inside another where so much of its area does."""
NEAR = 0.02
"""A box that ends within this share of a tile's side from its inner edge was cut there."""


def tile_places(
    height: int, width: int, tiles: tuple[int, int], overlap: float
) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of overlapping tiles that cover a picture.

    Where there is more than one, the whole picture comes first: what is larger than the overlap
    may be cut in every tile.

    >>> tile_places(240, 360, (2, 1), 0.25)
    [(0, 0, 360, 240), (0, 0, 206, 240), (154, 0, 360, 240)]
    """
    columns = _spans(width, tiles[0], overlap)
    rows = _spans(height, tiles[1], overlap)
    places = [(left, top, right, bottom) for top, bottom in rows for left, right in columns]
    return places if len(places) == 1 else [(0, 0, width, height), *places]


def _spans(length: int, count: int, overlap: float) -> list[tuple[int, int]]:
    side = min(length, math.ceil(length / (count - (count - 1) * overlap)))
    starts = np.linspace(0, length - side, count).round().astype(int)
    return [(int(start), int(start) + side) for start in starts]


def without_cut(
    boxes: Floats, place: tuple[int, int, int, int], whole: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Which boxes (n, 4) are not cut by a tile's inner edge: a neighbouring tile has them whole."""
    left, top, right, bottom = place
    near_x, near_y = NEAR * (right - left), NEAR * (bottom - top)
    cut = (boxes[:, 0] <= left + near_x) & (left > 0)
    cut |= (boxes[:, 1] <= top + near_y) & (top > 0)
    cut |= (boxes[:, 2] >= right - near_x) & (right < whole[1])
    cut |= (boxes[:, 3] >= bottom - near_y) & (bottom < whole[0])
    return ~cut


def select(
    boxes: Floats,
    scores: Floats,
    probabilities: Floats,
    frame_size: tuple[int, int],
    options: DetectorOptions,
) -> Objects:
    """The candidates that are objects, most confident first.

    Args:
        boxes: float32 (n, 4), `x_min, y_min, x_max, y_max` in pixels; clipped to the frame.
        scores: float32 (n,).
        probabilities: float32 (n, 80) or (n, 0).
        frame_size: (H, W).
        options: what goes.
    """
    classes = probabilities.argmax(1) if probabilities.shape[1] else np.full(len(boxes), -1)
    height, width = frame_size
    boxes = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    sides = boxes[:, 2:] - boxes[:, :2]
    order = np.argsort(-scores, kind="stable")
    order = order[sides[order].min(1) >= options.least_side] if len(order) else order
    kept, merged = _suppressed(boxes, classes, probabilities, order, options)
    if not options.contained and len(kept):
        inside = _lie_inside(boxes[kept], classes[kept])
        kept, merged = kept[~inside], merged[~inside]
    kept, merged = kept[: options.most], merged[: options.most]
    return Objects(
        boxes=boxes[kept].astype(np.float32),
        class_ids=classes[kept].astype(np.int64),
        probabilities=merged.astype(np.float32),
        scores=scores[kept].astype(np.float32),
    )


def _suppressed(
    boxes: Floats,
    classes: NDArray[np.int64],
    probabilities: Floats,
    order: NDArray[np.int64],
    options: DetectorOptions,
) -> tuple[NDArray[np.int64], Floats]:
    """Greedy suppression; indices of kept boxes and their probabilities."""
    kept, merged = [], []
    left = order
    while len(left):
        first = left[0]
        overlap = box_iou(boxes[first : first + 1], boxes[left])[0] > options.suppression
        if not options.across_classes:
            overlap &= classes[left] == classes[first]
        overlap[0] = True
        kept.append(first)
        group = left[overlap] if options.across_classes else left[:1]
        merged.append(probabilities[group].max(0))
        left = left[~overlap]
    if not kept:
        return np.empty(0, np.int64), probabilities[:0]
    return np.array(kept), np.stack(merged)


def box_iou(one: Floats, other: Floats) -> Floats:
    """Intersection over union of boxes (n, 4) and (m, 4), float32 (n, m)."""
    shared = _shared_area(one, other)
    areas = box_areas(one)[:, None] + box_areas(other)[None]
    return np.asarray(shared / np.maximum(areas - shared, 1e-9), np.float32)


def _shared_area(one: Floats, other: Floats) -> Floats:
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(2))


def box_areas(boxes: Floats) -> Floats:
    """Areas (n,) of boxes (n, 4)."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _lie_inside(boxes: Floats, classes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which boxes lie inside a larger one of the same class."""
    area = box_areas(boxes)
    within = _shared_area(boxes, boxes) >= INSIDE * area[:, None]
    within &= area[:, None] < area[None]
    within &= classes[:, None] == classes[None]
    return np.asarray(within.any(1))
