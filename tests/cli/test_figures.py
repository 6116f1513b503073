"""What `awry figures` prints."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry
from awry.cli.figures import show_figures, show_list, show_needs
from awry.studies.figures import FiguresResult, MadeFigure

Captured = pytest.CaptureFixture[str]


def test_every_figure_is_in_the_list(capsys: Captured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    figures = awry.published_figures()
    show_list(figures)
    said = capsys.readouterr().out
    for figure in figures:
        assert f" {figure.figure} " in said
    assert "a drawing: not made" in said
    assert said.endswith("awry figures NAME says what a figure needs; with --out it makes it.\n")


def test_one_figure_with_its_command(capsys: Captured) -> None:
    show_needs(awry.published_figures("daml-fig[17]"))
    said = capsys.readouterr().out
    assert "Not made: a drawing of the system" in said
    assert "\n  awry figures daml-fig7 --out OUT\n" in said
    assert "\n  needs: Moving digits" in said


def test_what_was_made_with_its_notes(capsys: Captured) -> None:
    picture = Path("out/a-fig1.png")
    figure = MadeFigure("a-fig1", "Fig. 1", "this", (picture,), Path("b.json"), {}, ("So it is.",))
    show_figures(FiguresResult({}, (figure,), ()))
    assert capsys.readouterr().out == (
        "a-fig1 (Fig. 1, this): out/a-fig1.png\n  numbers: b.json\n  So it is.\n"
    )


def test_a_drawing_is_refused(awry, tmp_path: Path) -> None:
    said = awry("figures", "sdor-fig1", "--out", tmp_path)
    assert said.code == 2
    assert "is a drawing of the system" in said.err
