from __future__ import annotations

import numpy as np
import pytest

from awry.errors import InputError
from awry.evaluation.metrics.boxes import (
    Detections,
    clipped,
    frame_limits,
    is_inverted,
    pooled_boxes,
)


def test_boxes_are_cut_to_the_picture() -> None:
    boxes, count = clipped([(-5, 2, 30, 30), (0, 0, 19, 9), (50, 50, 60, 60)], (10, 20))
    assert boxes.tolist() == [[0, 2, 19, 9], [0, 0, 19, 9], [19, 9, 19, 9]]
    assert count == 2
    assert clipped([], (10, 20))[1] == 0


def test_inverted_boxes_stay_to_be_named() -> None:
    given = np.array([(5.0, 0, 4, 9), (0, 9, 9, 8), (3, 3, 3, 3)])
    assert is_inverted(given).tolist() == [True, True, False]
    cut, count = clipped(given - 100, (10, 20))
    assert cut.tolist() == [[-95, -100, -96, -91], [-100, -91, -91, -92], [0, 0, 0, 0]]
    assert count == 1


def test_rows_of_clips_are_pooled_with_their_owner() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    parts = {
        "b": Detections(np.array([2]), np.array([box]), np.array([0.5])),
        "a": Detections(np.array([0, 1]), np.array([box, box]), np.array([1.0, 2.0])),
    }
    limits = frame_limits(3, ["a", "b"])
    assert limits == {"a": 3, "b": 3}
    owner, frames, boxes, scores = pooled_boxes(
        parts, "detection", limits, {"a": 0, "b": 1}, strict=True
    )
    assert (owner.tolist(), frames.tolist()) == ([1, 0, 0], [2, 0, 1])
    assert (boxes.shape, scores.tolist()) == ((3, 4), [0.5, 1.0, 2.0])
    with pytest.raises(InputError, match=r"Clip b, detection in row 0 .*frame is 2; .* 0 to 1"):
        pooled_boxes(parts, "detection", {"a": 3, "b": 2}, {"a": 0, "b": 1}, strict=True)
    with pytest.raises(InputError, match=r"n_frames is 0 .clip b.; expected 1 or more"):
        frame_limits({"b": 0}, ["b"])
