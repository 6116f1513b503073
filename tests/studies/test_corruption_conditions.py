"""A detector in bad weather."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import awry
from awry.studies.corruption_conditions import RobustnessResult


def condition(corruption: str, severity: int, auc: float | None) -> dict[str, Any]:
    known = {"corruption": corruption, "severity": severity, "auc": {"score": auc}}
    return {**known, "false_alarms_per_hour": 3.0, "normal_share_over": 0.1, "recall": None}


@pytest.fixture
def result() -> RobustnessResult:
    conditions = (condition("fog", 1, 0.8), condition("fog", 5, 0.55), condition("rain", 1, None))
    settings = {"method": "flow"}
    return RobustnessResult(settings, condition("clean", 0, 0.9), conditions, (), (), ())


def test_figures_by_condition(result: RobustnessResult) -> None:
    assert result.auc("fog", 5) == 0.55
    assert result.auc("rain", 1) is None
    with pytest.raises(KeyError):
        result.auc("fog", 3)
    assert [row["auc_score"] for row in result.rows()] == [0.9, 0.8, 0.55, None]
    assert [card.value for card in result.cards()] == ["90.00", "55.00"]
    assert result.cards()[1].remark == "fog, severity 5"


def test_lines_begin_at_the_clean_figure(result: RobustnessResult) -> None:
    fog, rain = result.plot().get_lines()
    assert list(fog.get_xdata()) == [0, 1, 5]
    assert list(fog.get_ydata()) == [0.9, 0.8, 0.55]
    assert list(rain.get_xdata()) == [0]


def test_a_key_follows_from_what_was_learned_and_the_threshold(bundle: Path) -> None:
    key = awry.load(bundle).digest()
    assert key == awry.load(bundle).digest()
    assert key != awry.load(bundle, threshold=1.0).digest()
