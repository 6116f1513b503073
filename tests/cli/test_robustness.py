"""What `awry robustness` prints."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from awry.cli.robustness import BELOW, show_refit, show_robustness
from awry.studies.corruption_conditions import RobustnessResult
from awry.studies.training_conditions import RefitResult


def condition(corruption: str, severity: int, auc: float, **figures: Any) -> dict[str, Any]:
    says = f"depth {severity}" if severity else ""
    known = {"corruption": corruption, "severity": severity, "says": says, "recall": 0.5}
    alarms = {"false_alarms_per_hour": 12.25, "false_alarms_per_1000_frames": 3.5}
    shares = {"normal_share_over": 0.0125, "normal_share_in_alarm": 0.02, "alarm_interval": {}}
    measured = {"auc": {"score": auc}, "interval": {"score": (0.8, 0.95)}}
    return {**known, **alarms, **shares, **measured, **figures}


@pytest.mark.parametrize("columns", [60, 160])
def test_conditions_in_any_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    conditions = (condition("fog", 3, 0.7125),)
    clean = condition("clean", 0, 0.9)
    notes, plots = ("Little footage.",), ("out/robustness.png",)
    show_robustness(RobustnessResult({}, clean, conditions, notes, (), plots))
    table, sentences = capsys.readouterr().out.split(BELOW)
    assert max(map(len, table.splitlines())) <= columns
    for words in ("clean", "fog", "depth 3", "90.00", "71.25", "80 to 95", "12.2", "1.25", "50.00"):
        assert words in table
    assert sentences == "\nLittle footage.\nplots: out/robustness.png\n"


def test_without_a_rate_false_alarms_are_counted_by_frames(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    clean = condition("clean", 0, 0.9, false_alarms_per_hour=None)
    show_robustness(RobustnessResult({}, clean, (), (), (), ()))
    said = " ".join(capsys.readouterr().out.split())
    assert "3.5" in said
    assert "hour" not in said


def test_fits_and_their_recount(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    recount = {"auc": {"score": 0.6}, "interval": {"score": None}}
    fit = {"contaminate": 100, "training": {"frames": 900, "abnormal_frames": 100}}
    fit |= {"auc": {"score": 0.75}, "interval": {"score": (0.7, 0.8)}, "recount": recount}
    known = {"kind": "contaminate", "fits": [fit], "recounted": "without them", "plots": ["a.png"]}
    show_refit(cast(RefitResult, SimpleNamespace(**known)))
    said = capsys.readouterr().out
    for words in ("900", "100", "75.00", "70 to 80", "/ 60.00", "recounted: without them."):
        assert words in said
    show_refit(cast(RefitResult, SimpleNamespace(**{**known, "fits": []})))
    assert "micro AUC" not in capsys.readouterr().out
