"""Tables that several commands print."""

from __future__ import annotations

import pytest

from awry.cli.tables import show_figures, show_levels, show_report, show_rows
from support import frame_level

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("columns", [60, 120])
def test_rows_in_per_cent_in_any_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    show_rows(frame_level(), "these scores")
    said = capsys.readouterr().out
    table, sentences = said.split("these scores, 95 %")
    assert max(map(len, table.splitlines())) <= columns
    for words in ("92.15", "90.0-95.0", "88.00 (3)", "content-free constant", "50.00"):
        assert words in table
    assert "intervals: AP 70.0-90.0." in sentences
    assert "Intervals: over clips." in sentences
    assert "Smoothing: none. Seen of the future: 3 frames." in sentences


def test_levels_that_are_not_there_say_why(capsys: Captured) -> None:
    show_levels(frame_level())
    assert capsys.readouterr().out == "No region-level figures: no boxes\n"


def test_figures_one_a_line_with_notes_and_page(capsys: Captured) -> None:
    metrics = {
        **{"recall": 0.5, "n_events": 4, "delay_s": None, "clips": [], "report": "out/report.html"},
        "intervals": {"recall": [0.25, 0.75]},
        "settings": {"interval": "over clips", "notes": ["One note."]},
    }
    show_figures(metrics)
    table, sentences = capsys.readouterr().out.split("Intervals: ")
    rows = [[cell.strip() for cell in line.split("\u2502")[1:-1]] for line in table.splitlines()]
    assert ["recall", "0.5000", "0.2500 to 0.7500"] in rows
    assert ["n_events", "4", "-"] in rows
    assert ["delay_s", "-", "-"] in rows
    assert not any(row and row[0] in ("clips", "report") for row in rows)
    assert sentences == "over clips.\nOne note.\nreport: out/report.html\n"


def test_no_page_no_line(capsys: Captured) -> None:
    show_report(None)
    assert capsys.readouterr().out == ""
