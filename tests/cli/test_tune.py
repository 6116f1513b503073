"""What is printed of a search: each trial with its figure, and where the bundle is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awry.cli.tune import show_tuned
from awry.fitting.search_result import TuneResult
from awry.fitting.trials import Trial


class Fitted:
    bundle = Path("yard-bundle")


def test_trials_and_bundle_are_shown(capsys) -> None:
    trials = (
        Trial({"blur": 5}, 1.0, 0.75, 0.5, 1.0, {"wider": 0.75}, 3.0),
        Trial({}, 1.0, None, None, None, {}, 2.0),
    )
    fitted: Any = Fitted()
    show_tuned(TuneResult("flow", trials[0], trials, fitted, ("Eight objects.",)))
    said = " ".join(capsys.readouterr().out.split())
    for words in ("blur=5", "0.750", "0.500 to 1.000", "preset", "Eight objects.", "yard-bundle"):
        assert words in said


def test_losses_are_shown_as_such(capsys) -> None:
    trials = (
        Trial({"t": 3}, 1.0, 0.98765, None, None, {"object middle_box": 0.98765}, 3.0),
        Trial({"t": 1}, 1.0, 1.5, None, None, {"object middle_box": 1.5}, 2.0),
    )
    fitted: Any = Fitted()
    show_tuned(TuneResult("ssmtl", trials[0], trials, fitted, ("Summed.",), "losses"))
    said = " ".join(capsys.readouterr().out.split())
    assert "validation losses" in said
    assert said.index("0.9877") < said.index("1.5000")
