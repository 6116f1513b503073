"""How fast an object moves, and which way: optical flow inside its box, by direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from awry.video.pictures import outer

Rows = NDArray[np.float32]
LEAST_SHARE = 0.05
"""Of a box's pixels that a direction needs before their median means anything."""


def velocities(
    flow: NDArray[np.float32],
    boxes: NDArray[np.float32],
    bins: int,
    join: Literal["mean", "median"],
    unit: Literal["pixels", "heights", "local"],
    seconds: float,
) -> Rows:
    """Velocity of each object by direction (AI-VAD): `v_b`, over the pixels that move that way.

    Args:
        flow: float32 (h, w, 2), dx and dy in pixels, over so many seconds.
        boxes: float32 (n, 4) in pixels of the flow.
        bins: directions; 1: none are told apart.
        join: `v_b = mean(|u| + |v|)` over the pixels of a direction, or their median, where at
            least `LEAST_SHARE` of the box move that way.
        unit: pixels a second, or heights of the object a second. `local` is left to
            `preparation.in_unit`, and pixels till then.
        seconds: between the flow's pictures.

    Returns:
        float32 (n, bins), 0 for directions in which nothing moves.
    """
    size = flow.shape[:2]
    rows = np.zeros((len(boxes), bins), np.float32)
    for number, box in enumerate(boxes):
        inside = flow[outer(box, size)].reshape(-1, 2)
        rows[number] = _by_direction(inside, bins, join)
    rows /= seconds
    if unit == "heights":
        rows /= np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)[:, None]
    return rows


def _by_direction(flow: NDArray[np.float32], bins: int, join: str) -> Rows:
    """(bins,) of the flow (n, 2) inside one box."""
    lengths = np.abs(flow).sum(1)
    if bins == 1:
        middle: Callable[..., np.floating] = np.mean if join == "mean" else np.median
        return np.array([middle(lengths)], np.float32)
    turns = np.arctan2(flow[:, 1], flow[:, 0]) / (2 * np.pi)
    # The first direction lies around the x axis, to both sides of it.
    places = np.round(turns * bins).astype(int) % bins
    if join == "mean":
        counts = np.bincount(places, minlength=bins)
        totals = np.bincount(places, lengths, bins)
        return (totals / np.maximum(counts, 1)).astype(np.float32)
    found = np.zeros(bins, np.float32)
    for place in range(bins):
        those = lengths[places == place]
        if len(those) >= LEAST_SHARE * len(lengths):
            found[place] = np.median(those)
    return found
