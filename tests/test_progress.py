"""Whom long work tells."""

from __future__ import annotations

import pytest

from awry.progress import NO_FIGURES, Reporter, Silent
from awry.terminal import BarReporter


def test_what_counts_as_a_reporter() -> None:
    assert isinstance(Silent(), Reporter)
    assert issubclass(BarReporter, Reporter)
    assert not isinstance(object(), Reporter)


def test_silent_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    reporter = Silent()
    reporter.start("fitting", 3)
    reporter.advance({"loss": 1.0}, "fitting")
    reporter.message("One clip is odd.")
    reporter.end("fitting")
    assert capfd.readouterr() == ("", "")


def test_nobody_adds_to_no_figures() -> None:
    with pytest.raises(TypeError):
        NO_FIGURES["loss"] = 1.0  # type: ignore[index]
