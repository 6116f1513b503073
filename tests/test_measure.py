"""`awry.measure`: the three levels of one small case that is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import awry


def test_the_three_levels_of_one_clip() -> None:
    labels = np.repeat([0, 1, 0], [4, 4, 12])
    scores = np.where(labels == 1, 2.0, 0.0)
    scores[15:18] = 3.0  # a false alarm above everything

    # Three of sixteen normal frames are above all abnormal ones.
    assert awry.measure.frame(scores, labels).micro_auc == pytest.approx(1 - 3 / 16)
    alarms = awry.measure.event(labels, scores, threshold=1.0, merge_gap=0, fps=1.0)
    assert alarms.alarms == {"clip": [(4, 7), (15, 17)]}
    assert (alarms.precision, alarms.recall) == (0.5, 1.0)
    tracks = [[1, frame, 0, 0, 9, 9] for frame in range(4, 8)]
    boxes = [[frame, 0, 0, 9, 9, 2.0] for frame in range(4, 8)]
    # Two of four boxes are found, without a false positive.
    assert awry.measure.region(tracks, boxes[:2], 20).rbdc == 0.5
    assert awry.measure.region(tracks, boxes, 20).tbdc == 1
