from __future__ import annotations

import pytest

import awry
from awry.datasets.base import Dataset
from awry.evaluation.metrics.frame import micro_auc


def test_the_numbers_below_the_curve(footage: Dataset, flow_detector, tmp_path) -> None:
    (made,) = awry.figures("ssmtl-fig9", data=footage, out=tmp_path, bundle=flow_detector).made
    values = made.values
    assert (values["clip"], values["frames"], values["events"]) == ("Test002", 60, [[20, 49]])
    labels = footage.test[0].labels()  # type: ignore[misc]
    assert values["auc"] == pytest.approx(micro_auc([values["scores"]], [labels]), abs=1e-6)
    assert values["threshold"] == flow_detector.calibration.scene("*").threshold
    top = values["moments"][0]
    assert top["score"] == pytest.approx(max(values["scores"]), abs=1e-6)
    assert top["label"] == labels[top["frame"]]


def test_chosen_frames_of_a_chosen_clip(footage: Dataset, flow_detector, tmp_path) -> None:
    given = {"data": footage, "out": tmp_path, "bundle": flow_detector}
    (made,) = awry.figures("ssmtl-fig9", clip="Test003", frames=[30, 4], **given).made
    assert made.values["clip"] == "Test003"
    assert [one["frame"] for one in made.values["moments"]] == [4, 30]
    assert "The paper shows the clip Test002; this is Test003." in made.notes
