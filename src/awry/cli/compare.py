"""`awry compare`: measurements side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awry.cli.options import Json, Overwrite, refusals, show_result

if TYPE_CHECKING:
    from awry.terminal import Console


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(help="metrics.json files or their folders, or NAME=PATH; the base first."),
    ],
    figure: Annotated[
        list[str] | None, typer.Option("--figure", help="Pattern: 'frame.*', 'event.f1'; or all.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the table as HTML, CSV, JSON, and plots.")
    ] = None,
    despite_differences: Annotated[
        bool, typer.Option("--despite-differences", help="Compare although measured unlike.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Measurements side by side, with the paired interval of each difference from the first."""
    with refusals():
        import awry

        result = awry.compare(
            runs,
            figure=figure or (),
            out=out,
            despite_differences=despite_differences,
            overwrite=overwrite,
        )
        show_result(result.to_dict(), as_json, show_comparison)


def show_comparison(summary: dict[str, Any]) -> None:
    """Print one table: a row for each figure, a column for each run, the base first."""
    from rich.markup import escape
    from rich.table import Column

    from awry.evaluation.comparison_output import table_rows
    from awry.terminal import Console, Table

    printer = Console()
    base, *others = (run["name"] for run in summary["runs"])
    heads = [Column(escape(name)) for name in (base, *others)]
    table = Table(Column("", overflow="fold"), *heads, title=f"against {escape(base)}")
    for row in table_rows(summary):
        cells = [_value(row["base"]), *(_value(cell, compared=True) for cell in row["others"])]
        table.add_row(row["figure"], *cells)
    printer.print(table)
    _say(printer, "* the 95 % interval of the difference, in brackets, excludes 0.")
    for each in summary["comparisons"]:
        for difference in each["protocol_differences"]:
            _say(printer, f"{each['name']} was NOT MEASURED ALIKE: {difference}")
        for note in each["notes"]:
            _say(printer, f"{each['name']}: {note}")
    for run in summary["runs"]:
        said = summary["settings"][run["file"]]
        _say(
            printer, f"{run['name']}: smoothing {said['smoothing'] or 'not said'}; {_future(said)}"
        )
    for path in summary["written"]:
        _say(printer, f"written: {path}")


def _value(cell: dict[str, Any] | None, *, compared: bool = False) -> str:
    if cell is None:
        return "-"
    if not compared or cell["difference"] is None:
        return f"{cell['value']:.4f}"
    pair = cell["difference_interval"]
    between = "" if pair is None else f" [{pair[0]:+.4f}, {pair[1]:+.4f}]"
    sure = " *" if cell["excludes_zero"] else ""
    from rich.markup import escape

    return escape(f"{cell['value']:.4f} {cell['difference']:+.4f}{between}{sure}")


def _future(said: dict[str, Any]) -> str:
    """How much of the future the scores saw, where the file says it."""
    if said["lookahead_frames"] is None:
        return "look-ahead not said"
    from awry.evaluation.declaration import future_seen

    return f"look-ahead {future_seen(['none'], said, [])['none']}"


def _say(printer: Console, text: str) -> None:
    printer.print(text, highlight=False, markup=False, soft_wrap=True)
