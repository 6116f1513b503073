"""Boxes of two detectors, matched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awry.exporting.boxes import matched, too_different
from awry.frames import Objects


def objects(boxes: list[list[float]], classes: list[int]) -> Objects:
    count = len(boxes)
    return Objects(
        np.array(boxes, np.float32).reshape(count, 4),
        np.array(classes, np.int64),
        np.zeros((count, 80), np.float32),
        np.linspace(0.9, 0.5, count, dtype=np.float32),
    )


def test_each_box_is_matched_once_with_the_one_it_overlaps_most() -> None:
    one = objects([[0, 0, 10, 10], [0, 0, 10, 8], [50, 50, 60, 60]], [0, 0, 2])
    other = objects([[0, 0, 10, 8], [50, 50, 60, 60], [0, 0, 10, 9]], [0, 3, 0])
    # The third is of another class, and IoU 1 goes before 0.9.
    assert [pair[:2] for pair in matched(one, other)] == [(1, 0), (0, 2)]
    assert [pair[2] for pair in matched(one, other)] == pytest.approx([1.0, 0.9])
    assert matched(one, objects([], [])) == []
    assert matched(objects([[0, 0, 10, 10]], [0]), objects([[0, 0, 10, 4.9]], [0])) == []


def said(precision: str = "int8", bound: float = 0.1, **values: Any) -> str:
    boxes = {"boxes": 100, "pictures": 9, "lost": 0.0, "new": 0.0, "difference": 0.5, **values}
    about = {"runtime": "onnx", "precision": precision, "tolerance": 1e-4, "bound": bound}
    return too_different(boxes, about)


def test_what_is_too_far_is_said() -> None:
    assert said(lost=0.1, new=0.1) == ""
    words = "onnx int8 loses 11.0% of the detector's 100 boxes, and 3.0% of its own are new"
    assert words in said(lost=0.11, new=0.03)
    assert "at most 2.0%" in said(new=0.03, bound=0.02)
    assert "finds 9 boxes in 9 pictures" in said(boxes=9)
    assert "no numbers" in said(difference=float("inf"))
    assert "differs by 0.5 relative; at most 0.0001" in said("fp32")
    assert said("fp32", difference=1e-5, boxes=0, lost=0.5) == ""
