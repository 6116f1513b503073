"""From scored objects to a frame's map and score (section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]


def at_centres(values: Map, boxes: NDArray[np.float32]) -> Sequence[float]:
    """The map's value at the centre of each box (n, 4), in pixels of the map (h, w).

    The mean filter is as large as an object: at an object's centre it has averaged that object.
    Its highest value inside the box may be that of a neighbour.
    """
    height, width = values.shape
    columns = np.clip(((boxes[:, 0] + boxes[:, 2]) / 2).astype(int), 0, width - 1)
    rows = np.clip(((boxes[:, 1] + boxes[:, 3]) / 2).astype(int), 0, height - 1)
    return [float(value) for value in values[rows, columns]]
