"""From scored objects to a frame's map and score (section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awry.video.pictures import outer

Map = NDArray[np.float32]


def highest(values: Map, boxes: NDArray[np.float32]) -> Sequence[float]:
    """The map's highest value inside each box."""
    return [float(values[outer(box, values.shape)].max()) for box in boxes]
