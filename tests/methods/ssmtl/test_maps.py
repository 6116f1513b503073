"""What a map says of an object."""

from __future__ import annotations

import numpy as np

from awry.methods.ssmtl.maps import at_centres
from awry.scoring.maps import blurred, painted


def test_a_neighbour_of_a_strange_object_keeps_its_own_score() -> None:
    """Two objects, 8 pixels wide, overlap a little; the filter is as large as one of them."""
    boxes = np.array([[2, 2, 10, 10], [8, 2, 16, 10]], np.float32)
    canvas = blurred(painted(boxes, np.array([1.0, 9.0]), (12, 24)), 7)
    ordinary, strange = at_centres(canvas, boxes)
    assert strange == canvas.max()
    assert ordinary < 4
    assert canvas[2:10, 2:10].max() > 6


def test_centres_outside_of_the_picture_are_at_its_border() -> None:
    canvas = np.arange(12, dtype=np.float32).reshape(3, 4)
    boxes = np.array([[-9, -9, -5, -5], [3, 2, 9, 9], [1, 0, 2, 2]], np.float32)
    assert list(at_centres(canvas, boxes)) == [0.0, 11.0, 5.0]
