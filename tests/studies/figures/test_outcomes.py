from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import awry
from awry.datasets.base import Dataset


@pytest.mark.parametrize("outcome", ["true positive", "false negative"])
def test_the_threshold_divides_right_from_wrong(
    footage: Dataset, flow_detector, tmp_path, outcome: str
) -> None:
    """With a threshold below everything all frames are positive, above everything none."""
    threshold = -1.0 if outcome == "true positive" else 1e6
    options: dict[str, Any] = {"data": footage, "out": tmp_path}
    options |= {"bundle": flow_detector, "threshold": threshold}
    (made,) = awry.figures("ssmtl-fig4", **options).made
    counts = {name: value["frames"] for name, value in made.values.items()}
    low = {"true positive": 60, "false positive": 60, "false negative": 0}
    high = {"true positive": 0, "false positive": 0, "false negative": 60}
    assert counts == (low if outcome == "true positive" else high)
    shown = made.values[outcome]["shown"]
    assert [one["clip"] for one in shown] in (["Test002", "Test003"], ["Test003", "Test002"])
    for one in shown:
        assert 20 <= one["frame"] < 50
        assert one["truth"] == [[0, 24, 71, 47]]
        assert (one["above_threshold"] > 0) == (outcome == "true positive")
    assert "No frame is a false positive at this threshold." not in made.notes or threshold > 0


def test_footage_without_labels_has_no_outcome(footage: Dataset, flow_detector, tmp_path) -> None:
    test = tuple(replace(clip, labels=None, tracks=None) for clip in footage.test)
    data = replace(footage, test=test)
    (made,) = awry.figures("daml-fig2", data=data, out=tmp_path, bundle=flow_detector).made
    assert made.pictures == ()
    assert len([note for note in made.notes if note.startswith("No frame is a")]) == 2
