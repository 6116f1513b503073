"""What a fit comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import awry
from awry.fitting.result import FitResult, StrangestMoment


@pytest.fixture
def result(bundle: Path) -> FitResult:
    moments = [StrangestMoment("day0", 7, 2.5, "Moves fast.")]
    page = bundle / "strangest.html"
    return FitResult(awry.load(bundle), bundle, page, moments, ["Odd."], ["Lost."])


def test_plain_values(result: FitResult, bundle: Path) -> None:
    values = result.to_dict()
    assert (values["bundle"], values["method"]) == (str(bundle), "flow")
    assert values["threshold"] == result.detector.calibration.scene("*").threshold
    moment = {"clip": "day0", "frame": 7, "score": 2.5, "reason": "Moves fast."}
    assert values["strangest"] == [moment]
    assert (values["notes"], values["failed"]) == (["Odd."], ["Lost."])


def test_cards_say_by_which_budget(result: FitResult) -> None:
    threshold, frames, seconds = result.cards()
    assert threshold.value == f"{result.threshold:.4g}"
    assert "2/hour" in threshold
    assert frames.value == str(result.calibration.frames)
    assert seconds.label == "seconds"


def test_losses_are_drawn_a_line_for_each_phase(result: FitResult) -> None:
    rows = [("first", 0, 3.0), ("first", 1, 2.0), ("second", 0, 1.0)]
    epochs = [{"phase": phase, "epoch": epoch, "total": loss} for phase, epoch, loss in rows]
    facts = result.detector.facts.model_copy(update={"history": {"*": epochs, "yard": epochs[:1]}})
    ax = replace(result, detector=replace(result.detector, facts=facts)).plot()
    names = [line.get_label() for line in ax.lines]
    assert names == ["first", "second", "yard, first"]
    assert list(ax.lines[0].get_ydata()) == [3, 2]
    assert not result.plot().lines  # the motion reference trains nothing
