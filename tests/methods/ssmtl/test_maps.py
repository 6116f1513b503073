"""What a box holds."""

from __future__ import annotations

import numpy as np

from awry.methods.ssmtl.maps import highest
from awry.scoring.maps import painted

BOXES = np.array([[2, 2, 6, 6], [4, 4, 10, 10]], np.float32)


def test_the_highest_value_in_each_box() -> None:
    canvas = painted(BOXES, np.array([3.0, 5.0]), (12, 12))
    assert list(highest(canvas, BOXES)) == [5.0, 5.0]
    assert list(highest(canvas, np.array([[0, 0, 3, 3]], np.float32))) == [3.0]
