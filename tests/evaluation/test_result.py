from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError, InputError
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.result import EvaluationResult
from awry.evaluation.scored_clip import ScoredClip

LABELS = np.repeat([0, 1], 5).astype(np.uint8)


def result(labels: np.ndarray | None = LABELS) -> EvaluationResult:
    clips = tuple(
        ScoredClip(name, "yard", 10.0, np.arange(10.0) + add, np.ones(10, bool), labels)
        for name, add in (("door", 0.0), ("gate", 5.0))
    )
    metrics = evaluate_frames(clips, settings={"method": "made up"}) | {"failed": ["x: broken"]}
    alarms = {"door": [(5, 9)], "gate": []}
    return EvaluationResult(metrics, clips, "Made up", alarms, {"door": 4.5, "gate": 99.0})


def test_figures_of_two_clips_by_hand() -> None:
    both = result()
    # Each clip alone is in perfect order. Together, gate's normal frames have the scores of
    # door's abnormal ones: of these 25 pairs 10 are in order and 5 are equal; the other 75 pairs
    # are all in order.
    assert both.macro_auc == 1
    assert both.micro_auc == pytest.approx((75 + 10 + 5 / 2) / 100)
    assert both.interval is not None
    assert (both.region, both.pixel, both.event, both.interactions) == (None, None, None, [])
    assert both.failed == ["x: broken"]


def test_what_it_shows_and_keeps(tmp_path: Path) -> None:
    both = result()
    assert both.plot().get_title() == "micro AUC 87.50 %"
    assert both.plot_clip("gate").get_title() == "gate"
    with pytest.raises(ConfigError, match=r"There is no clip 'gat': did you mean 'gate'"):
        both.plot_clip("gat")
    assert [row["clip"] for row in both.rows()] == ["door", "gate"]
    assert both.save(tmp_path / "out") == tmp_path / "out"
    kept = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert kept == json.loads(json.dumps(dict(both.metrics)))
    assert "Made up" in (tmp_path / "out" / "report.html").read_text()


def test_without_labels_there_is_no_curve() -> None:
    bare = result(None)
    assert (bare.micro_auc, bare.interval, bare.cards()) == (None, None, [])
    with pytest.raises(InputError, match="There is no ROC curve"):
        bare.plot()
