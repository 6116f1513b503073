"""`awry doctor`: what is installed, what is missing and what to do about it."""

from __future__ import annotations

from typing import Any

from awry.cli.options import Json, refusals, show_result


def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and what to do about it."""
    with refusals():
        import awry

        show_result(awry.doctor().to_dict(), as_json, show_examination)


def show_examination(rows: list[dict[str, Any]]) -> None:
    """Print what `awry.doctor` found."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    table = Table("what", "there", "")
    for row in rows:
        table.add_row(row["name"], "yes" if row["there"] else "no", escape(row["about"]))
    Console().print(table)
