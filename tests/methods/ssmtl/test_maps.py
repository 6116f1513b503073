"""Painting, and what a box holds."""

from __future__ import annotations

import numpy as np

from awry.methods.ssmtl.maps import highest, painted

BOXES = np.array([[2, 2, 6, 6], [4, 4, 10, 10]], np.float32)


def test_where_boxes_overlap_the_higher_score_is_seen() -> None:
    for order in ([0, 1], [1, 0]):
        found = painted(BOXES[order], np.array([3.0, 5.0])[order], (12, 12))
        assert found[5, 5] == 5
        assert found[3, 3] == 3
        assert found[0, 0] == 0
        assert found[9, 9] == 5


def test_scores_below_the_lowest_normal_one_are_nothing() -> None:
    assert painted(BOXES[:1], np.array([-2.0]), (12, 12)).max() == 0
    assert painted(BOXES[:0], np.empty(0), (12, 12)).shape == (12, 12)


def test_the_highest_value_in_each_box() -> None:
    canvas = painted(BOXES, np.array([3.0, 5.0]), (12, 12))
    assert list(highest(canvas, BOXES)) == [5.0, 5.0]
    assert list(highest(canvas, np.array([[0, 0, 3, 3]], np.float32))) == [3.0]
