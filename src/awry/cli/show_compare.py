"""`awry compare`: measurements side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Column

from awry.evaluation.comparison import compare_runs, read_runs
from awry.evaluation.comparison_output import FILES, table_rows, write_comparison
from awry.evaluation.declaration import future_seen
from awry.output.places import Place, check_places
from awry.terminal import Console, Table


def run_compare(
    given: Sequence[str],
    *,
    despite_differences: bool = False,
    select: Sequence[str] = (),
    out: Path | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """What `compare_runs` gives, and `written`, the files in `out`.

    Raises:
        InputError, ConfigError: see `read_runs` and `compare_runs`; or `out` holds an input.
        WriteError: a file cannot be written.
    """
    runs = read_runs(given)
    if out is not None:
        places = [Place("--out", out / name, kind) for name, kind in FILES.items()]
        check_places(places, [run.path for run in runs], overwrite=overwrite)
    found = compare_runs(runs, despite_differences=despite_differences, select=select)
    return found | {"written": [] if out is None else write_comparison(out, found)}


def show_comparison(found: dict[str, Any]) -> None:
    """Print one table: a row for each figure, a column for each run, the base first."""
    printer = Console()
    base, *others = (run["name"] for run in found["runs"])
    heads = [Column(escape(name)) for name in (base, *others)]
    table = Table(Column("", overflow="fold"), *heads, title=f"against {escape(base)}")
    for row in table_rows(found):
        cells = [_value(row["base"]), *(_value(cell, compared=True) for cell in row["others"])]
        table.add_row(row["figure"], *cells)
    printer.print(table)
    _say(printer, "* the 95 % interval of the difference, in brackets, excludes 0.")
    for each in found["comparisons"]:
        for difference in each["protocol_differences"]:
            _say(printer, f"{each['name']} was NOT MEASURED ALIKE: {difference}")
        for note in each["notes"]:
            _say(printer, f"{each['name']}: {note}")
    for run in found["runs"]:
        said = found["settings"][run["file"]]
        _say(
            printer, f"{run['name']}: smoothing {said['smoothing'] or 'not said'}; {_future(said)}"
        )
    for path in found["written"]:
        _say(printer, f"written: {path}")


def _value(cell: dict[str, Any] | None, *, compared: bool = False) -> str:
    if cell is None:
        return "-"
    if not compared or cell["difference"] is None:
        return f"{cell['value']:.4f}"
    pair = cell["difference_interval"]
    between = "" if pair is None else f" [{pair[0]:+.4f}, {pair[1]:+.4f}]"
    sure = " *" if cell["excludes_zero"] else ""
    return escape(f"{cell['value']:.4f} {cell['difference']:+.4f}{between}{sure}")


def _future(said: dict[str, Any]) -> str:
    """How much of the future the scores saw, where the file says it."""
    if said["lookahead_frames"] is None:
        return "look-ahead not said"
    return f"look-ahead {future_seen(['none'], said, [])['none']}"


def _say(printer: Console, text: str) -> None:
    printer.print(text, highlight=False, markup=False, soft_wrap=True)
