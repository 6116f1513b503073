"""Pixel AUC, the legacy measure of where.

At a threshold, an abnormal frame counts as found only if at least 40 % of its true pixels have
map values that reach it; a normal frame is a false alarm if any of its pixels does. (Mahadevan
et al., CVPR 2010.) Each frame comes down to one number, the highest threshold at which it
counts, so that no more than one map need be held at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.errors import InputError
from awry.evaluation.metrics.frame import micro_auc

COVERED = 0.4


def pixel_score(
    anomaly_map: NDArray[np.float32],
    mask: NDArray[np.bool_] | None,
    covered: float = COVERED,
) -> float:
    """The highest threshold at which a frame counts as alarmed in the sense of pixel AUC.

    Map and mask span the same frame and may differ in resolution; along each axis the coarser
    of the two is read by nearest neighbour at the pixel centres of the finer one. So nothing is
    invented between map values, and a normal frame's highest value is the map's own.

    Args:
        anomaly_map: float32 (h, w), higher is more abnormal.
        mask: bool (H, W), True on abnormal pixels; None, or nowhere True, for a normal frame.
        covered: the share of true pixels that must be covered, above 0 and at most 1.

    Returns:
        Abnormal frame: the highest value that at least `covered` of the true pixels reach.
        Normal frame: the map's maximum. A frame without a map has no such number; give it the
        nearest scored frame's, as with frame scores (`awry.scoring.fill.fill_nearest`).

    Raises:
        InputError: map or mask is empty or not of two dimensions, the map holds NaN or infinite
            values, or `covered` is out of range.

    >>> pixel_score(np.float32([[5, 1], [3, 9]]), np.array([[True, True], [True, False]]))
    3.0
    """
    values = np.asarray(anomaly_map)
    _check(values, covered)
    true = None if mask is None else np.asarray(mask)
    if true is not None and (true.ndim != 2 or not true.size):
        raise InputError(f"The mask is of shape {true.shape}; expected (height, width).")
    if true is None or not true.any():
        return float(values.max())
    rows = max(values.shape[0], true.shape[0])
    columns = max(values.shape[1], true.shape[1])
    y, x = np.nonzero(_spread(true != 0, rows, columns))
    inside = values[
        _nearest(values.shape[0], rows)[y],
        _nearest(values.shape[1], columns)[x],
    ]
    # Less a trifle, since 0.07 * 100 is 7.000000000000001.
    needed = max(math.ceil(covered * inside.size - 1e-9), 1)
    place = inside.size - needed
    return float(np.partition(inside, place)[place])


def pixel_auc(
    pixel_scores: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    names: Sequence[str] | None = None,
) -> float:
    """ROC AUC over the pixel scores of all clips pooled.

    Args:
        pixel_scores: one array (n_i,) for each clip, of `pixel_score` for each frame.
        labels: one array (n_i,) for each clip; 1 where the frame's mask has a true pixel, so
            that both tell of the same truth.
        names: the clips' names, for messages.

    Raises:
        InputError: as `awry.evaluation.metrics.frame.micro_auc`.

    >>> pixel_auc([[0.1, 0.9], [0.2, 0.8]], [[0, 1], [0, 1]])
    1.0
    """
    return micro_auc(pixel_scores, labels, names)


def _check(values: NDArray[np.float32], covered: float) -> None:
    if not 0 < covered <= 1:
        raise InputError(
            f"The share of true pixels to be covered is {covered}; expected above 0, at most 1."
        )
    if values.ndim != 2 or not values.size:
        raise InputError(f"The anomaly map is of shape {values.shape}; expected (height, width).")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise InputError(
            f"The anomaly map is {values[row, column]} at row {row}, column {column} "
            f"({len(bad)} such values); expected finite numbers."
        )


def _spread(mask: NDArray[np.bool_], rows: int, columns: int) -> NDArray[np.bool_]:
    """The mask on a grid that is no coarser."""
    if mask.shape == (rows, columns):
        return mask
    return mask[np.ix_(_nearest(mask.shape[0], rows), _nearest(mask.shape[1], columns))]


def _nearest(coarse: int, fine: int) -> NDArray[np.int64]:
    """For each of `fine` pixels along an axis, which of `coarse` cells its centre lies in."""
    # In whole numbers, so that no centre falls on the wrong side of a cell's edge.
    return (2 * np.arange(fine, dtype=np.int64) + 1) * coarse // (2 * fine)
