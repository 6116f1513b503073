"""What `awry reproduce` prints."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

import awry
from awry.cli.reproduce import show_reproduction, show_table, show_tables
from awry.methods.published import PRIMARY
from awry.studies.reproduce import CellResult, ReproductionResult, SeedFigures

Captured = pytest.CaptureFixture[str]


def test_tables_and_whether_they_run(capsys: Captured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("AWRY_WEIGHTS", raising=False)
    tables = awry.published_tables("paper")
    show_tables(tables, "paper")
    said = capsys.readouterr().out
    for table in tables:
        assert table.table in said
    wanting = [line for line in said.splitlines() if "onnx:yolov3.onnx" in line]
    assert len(wanting) == 1
    assert wanting[0].startswith(
        "Not here, for ssmtl-table2, ssmtl-table3, ssmtl-table4, ssmtl-readme"
    )
    assert "at scale paper: onnx:yolov3.onnx (https://pjreddie.com" in wanting[0]
    assert said.endswith("awry reproduce TABLE lists a table; with --data and --out it runs it.\n")


def test_a_table_with_its_protocols(capsys: Captured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    table = awry.published_table("daml-table5")
    show_table(table)
    said = capsys.readouterr().out
    row = table.values[0]
    assert f"{100 * row.value:.1f}" in said
    assert f"(1) {row.protocol.in_words()}. Basis: {row.protocol.basis}." in said


def result(ours: dict[int, float | None], **facts: Any) -> ReproductionResult:
    """One cell of a table that nobody printed, and one of other data."""
    intervals: dict[int, tuple[float, float] | None] = {0: (0.8, 0.9), 1: (0.75, 0.88)}
    named = {"row": None, "unit": "share", "convention": PRIMARY, "figures": {PRIMARY: "micro AUC"}}
    cell = SimpleNamespace(name="daml/ped2/cpu", dataset="ped2", **named)
    other = SimpleNamespace(name="daml/avenue/cpu", dataset="avenue", **named)
    figures = SeedFigures(ours, {seed: intervals[seed] for seed in ours})
    cells = (
        CellResult(cast(Any, cell), "2 of 2", {PRIMARY: figures}, ("Little footage.",)),
        CellResult(cast(Any, other), "other data"),
    )
    data = {"taken_as": "ped2"}
    return ReproductionResult("daml-table5", "cpu", tuple(ours), facts, data, cells, ())


def test_our_figures_over_seeds(capsys: Captured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    show_reproduction(result({0: 0.85, 1: 0.83}, epochs=2))
    said = capsys.readouterr().out
    for words in (
        "daml-table5 on ped2 at scale cpu",
        "daml cpu",
        "84.00\u00b11.41",  # the deviation of 85 and 83 is the root of 2
        "75.0 to 90.0",
        "standard deviation over the seeds 0, 1.",
        "daml/ped2/cpu, ours: Little footage.",
        'every fit with {"epochs": 2}.',
        "not run: other data: 1 cells of avenue.",
    ):
        assert words in said


def test_a_note_stands_once_whoever_it_is_about(capsys: Captured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    named = {"row": None, "unit": "share", "convention": PRIMARY, "dataset": "ped2"}
    figures = SeedFigures({0: 0.8}, {0: None})

    def cell(name: str, *notes: str) -> CellResult:
        what = SimpleNamespace(name=f"{name}/ped2/all", figures={PRIMARY: "micro AUC"}, **named)
        return CellResult(cast(Any, what), "1 of 1", {PRIMARY: figures}, notes)

    cells = (cell("a", "Dark.", "Short."), cell("b", "Dark."), cell("c", "Dark.", "Short."))
    facts = ({}, {"taken_as": "ped2"}, cells, ())
    show_reproduction(ReproductionResult("daml-table5", "cpu", (0,), *facts))
    said = capsys.readouterr().out.splitlines()
    assert "all cells, ours: Dark." in said
    assert "a/ped2/all, c/ped2/all, ours: Short." in said
    assert sum("Dark." in line for line in said) == 1


def test_one_seed_has_no_deviation_and_none_no_figure(capsys: Captured) -> None:
    show_reproduction(result({0: 0.85}))
    said = capsys.readouterr().out
    assert "85.00" in said
    assert "\u00b1" not in said
    show_reproduction(result({0: None}))
    assert "85.00" not in capsys.readouterr().out
