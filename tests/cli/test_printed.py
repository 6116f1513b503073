"""Figures in per cent with their intervals, and sentences."""

from __future__ import annotations

import pytest

from awry.cli.printed import per_cent, print_sentences, with_interval


def test_a_figure_and_its_interval() -> None:
    figures = {"rate": 3.25, "auc": 0.5, "none": None}
    intervals = {"rate": (2.0, 4.6), "auc": None}
    assert with_interval(figures, intervals, "rate", factor=1, digits=1) == "3.2\n2 to 5"
    assert with_interval(figures, intervals, "auc") == "50.00"
    assert with_interval(figures, intervals, "none") == "-"
    assert with_interval(figures, intervals, "other") == "-"
    assert (per_cent(0.12345), per_cent(None)) == ("12.35", "-")


def test_sentences_are_printed_whole_and_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    long = "Nothing is broken in [red]this sentence[/red], however long it is."
    print_sentences([long, "Two.", long])
    assert capsys.readouterr().out == f"{long}\nTwo.\n"
