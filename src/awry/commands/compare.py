"""`awry compare`: measurements side by side."""

from __future__ import annotations

from typing import Any

from rich.table import Column

from awry.evaluation.compare import compare_files
from awry.evaluation.declaration import future_seen
from awry.terminal import Console, Table

__all__ = ["compare_files", "show_comparison"]

COLUMNS = ("base", "other", "difference", "95 % interval", "differs")


def show_comparison(found: dict[str, Any]) -> None:
    """Print a table for each further file: both values, their difference, and how sure it is."""
    printer = Console()
    for each in found["comparisons"]:
        title = f"{each['file']} against {found['base']}"
        table = Table(Column("", overflow="fold"), *COLUMNS, title=title)
        for place, row in each["figures"].items():
            pair = row["interval"]
            between = "-" if pair is None else f"{pair[0]:+.4f} to {pair[1]:+.4f}"
            verdict = {None: "-", True: "yes", False: "not shown"}[row["excludes_zero"]]
            values = (f"{row['base']:.4f}", f"{row['other']:.4f}", f"{row['difference']:+.4f}")
            table.add_row(place, *values, between, verdict)
        printer.print(table)
        for difference in each["protocol_differences"]:
            _say(printer, f"NOT MEASURED ALIKE: {difference}")
        for note in each["notes"]:
            _say(printer, note)
    for file, said in found["settings"].items():
        _say(printer, f"{file}: smoothing {said['smoothing'] or 'not said'}; {_future(said)}")


def _future(said: dict[str, Any]) -> str:
    """How much of the future the scores saw, where the file says it."""
    if said["lookahead_frames"] is None:
        return "look-ahead not said"
    return f"look-ahead {future_seen(['none'], said, [])['none']}"


def _say(printer: Console, text: str) -> None:
    printer.print(text, highlight=False, markup=False, soft_wrap=True)
