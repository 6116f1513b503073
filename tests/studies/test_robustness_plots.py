"""Plots of a robustness study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awry.studies.robustness_plots import false_alarm_rate, plot_corruptions, plot_training


def condition(corruption: str, severity: int, auc: float) -> dict[str, Any]:
    rates = {"false_alarms_per_hour": None, "false_alarms_per_1000_frames": 2.0}
    known = {"corruption": corruption, "severity": severity, "normal_share_over": 0.1}
    return {**known, **rates, "recall": None, "auc": {"score": auc}}


def test_three_plots_each_as_two_files(tmp_path: Path) -> None:
    clean = condition("clean", 0, 0.9)
    files = plot_corruptions(tmp_path, "flow on yard", clean, [condition("fog", 3, 0.7)])
    assert sorted(files) == sorted(map(str, tmp_path.iterdir()))
    assert len(files) == 6
    assert plot_corruptions(tmp_path, "flow on yard", clean, []) == []


def test_false_alarms_by_what_is_known() -> None:
    clean = condition("clean", 0, 0.9)
    assert false_alarm_rate(clean) == "false_alarms_per_1000_frames"
    assert false_alarm_rate({**clean, "false_alarms_per_hour": 0}) == "false_alarms_per_hour"


def test_fits_with_and_without_an_interval(tmp_path: Path) -> None:
    figures = {"auc": {"score": 0.8}, "interval": {"score": [0.7, 0.9]}}
    recount = {"auc": {"score": 0.6}, "interval": {"score": None}}
    fits = [{**figures, "recount": recount, "subsample": n} for n in (1, 2)]
    files = plot_training(tmp_path, "flow", "subsample", fits)
    assert [Path(file).name for file in files] == ["robustness.png", "robustness.svg"]
    assert plot_training(tmp_path, "flow", "subsample", []) == []
