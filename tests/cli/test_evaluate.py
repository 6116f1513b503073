"""What `awry evaluate` prints."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from awry.cli.evaluate import show_evaluation
from awry.evaluation.result import EvaluationResult
from support import frame_level

Captured = pytest.CaptureFixture[str]


def result(**facts: Any) -> EvaluationResult:
    """As much of a result as is shown."""
    settings = {"n_clips_labelled": 2}
    known = {"settings": settings, "metrics": frame_level(), "notes": (), "report": None}
    return cast(EvaluationResult, SimpleNamespace(**{**known, "interactions": [], **facts}))


def test_without_labels_nothing_is_called_measured(capsys: Captured) -> None:
    show_evaluation(
        result(settings={"n_clips_labelled": 0}, notes=["b: lost."], report=Path("out/report.html"))
    )
    assert capsys.readouterr().out.splitlines() == [
        "No test clip has labels: everything was scored, nothing was measured.",
        "b: lost.",
        "report: out/report.html",
    ]


def test_figures_and_simulated_feedback(capsys: Captured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    names = ("auc", "auc_left_out", "auc_left_out_before")
    row = {"interaction": 1, "fed_back": 12.4, **dict(zip(names, (0.9, 0.85, 0.8), strict=True))}
    row["intervals"] = {"auc": (0.88, 0.93), "auc_left_out": None, "auc_left_out_before": None}
    show_evaluation(result(interactions=[row]))
    said = capsys.readouterr().out
    for words in ("92.15", "No region-level figures: no boxes", "12", "90.00", "88 to 93", "85.00"):
        assert words in said
    assert "nothing was measured" not in said
