"""Tracks from pixel masks, for data sets whose tracks are not published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.tracks import LINKED, Row, Tracks, tracks_of


def linked_tracks(masks: Iterable[NDArray[Any]], min_area: int = 10) -> Tracks:
    """Follow the connected components of masks from frame to frame.

    A component continues the track of the component of the frame before with which it shares most
    pixels; one continues one, the largest overlap first. A piece that splits off, and whatever
    overlaps nothing, starts a track. Only two frames are held at a time.

    Args:
        masks: one (H, W) array for each frame, not zero where abnormal.
        min_area: components of fewer pixels are left out: specks, not objects.

    Returns:
        Boxes with both ends inclusive, `source` being `LINKED`.
    """
    return tracks_of(_linked_rows(masks, min_area), LINKED)


def _linked_rows(masks: Iterable[NDArray[Any]], min_area: int) -> Iterator[Row]:
    before: NDArray[np.int32] | None = None
    ids: list[int] = []
    started = 0
    for frame, mask in enumerate(masks):
        labels, boxes = components(mask, min_area)
        continued = {} if before is None else _continued(before, labels)
        now = []
        for component, box in enumerate(boxes, 1):
            if component in continued:
                track = ids[continued[component] - 1]
            else:
                track, started = started, started + 1
            now.append(track)
            yield (track, frame, *box)
        before, ids = labels, now


def components(
    mask: NDArray[Any], min_area: int = 1
) -> tuple[NDArray[np.int32], list[tuple[int, int, int, int]]]:
    """The 8-connected components of one mask.

    Returns:
        int32 (H, W), 0 outside and k in the k-th component; their boxes `x_min, y_min, x_max,
        y_max`, both ends inclusive.
    """
    shown = np.ascontiguousarray(mask != 0).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(shown, connectivity=8)
    kept = [k for k in range(1, len(stats)) if stats[k, cv2.CC_STAT_AREA] >= min_area]
    renumbered = np.zeros(len(stats), np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    boxes = [(int(x), int(y), int(x + w - 1), int(y + h - 1)) for x, y, w, h, _ in stats[kept]]
    return renumbered[labels], boxes


def _continued(before: NDArray[np.int32], now: NDArray[np.int32]) -> dict[int, int]:
    """Which component of the frame before each component continues."""
    columns = int(now.max()) + 1
    shared = np.bincount((before.astype(np.int64) * columns + now).ravel())
    pairs = [divmod(int(index), columns) for index in np.argsort(-shared, kind="stable")]
    continued: dict[int, int] = {}
    for old, new in pairs:
        overlaps = old and new and shared[old * columns + new]
        if overlaps and new not in continued and old not in continued.values():
            continued[new] = old
    return continued
