"""How the commands of `awry watch` print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def show_lines(lines: Iterable[str]) -> None:
    """Print sentences as they are, one a line."""
    from awry.names import shown
    from awry.terminal import Console

    printer = Console()
    for line in lines:
        printer.print(shown(line), highlight=False, markup=False, soft_wrap=True)


def show_rows(rows: Sequence[Mapping[str, Any]], none: str) -> None:
    """Print rows as a table, or a sentence where there is none."""
    from rich.markup import escape

    from awry.names import shown
    from awry.terminal import Console, Table

    if not rows:
        show_lines([f"{none}."])
        return
    table = Table(*(str(name) for name in rows[0]))
    for row in rows:
        table.add_row(
            *(escape("" if value is None else shown(str(value))) for value in row.values())
        )
    Console().print(table)
