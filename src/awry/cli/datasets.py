"""`awry datasets`: the data sets that are known, or what is in a folder."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from awry.cli.options import Fps, Json, Layout, console, refusals, report_failures, show_result


def datasets(
    folder: Annotated[Path | None, typer.Argument(help="What is in it?")] = None,
    layout: Layout = None,
    full: Annotated[
        bool, typer.Option("--full", help="Decode every frame and read every mask.")
    ] = False,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """List the known data sets and how to get them, or check what is in a folder."""
    with refusals():
        if folder is None and layout is None:
            from awry.datasets.listing import list_datasets

            show_result(list_datasets().to_dict(), as_json, show_layouts)
            return
        from awry.datasets.check import check_dataset
        from awry.terminal import BarReporter

        with BarReporter(console()) as reporter:
            check = check_dataset(folder, format=layout, full=full, fps=fps, reporter=reporter)
        show_result(check.to_dict(), as_json, show_dataset)
    report_failures(list(check.failed))


def show_dataset(check: dict[str, Any]) -> None:
    """Print what was found in a folder."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    table = Table(show_header=False, box=None)
    for key, value in check.items():
        if isinstance(value, dict):
            value = "; ".join(f"{count} {what}" for what, count in value.items()) or "none"
        if key == "failed":
            continue
        if isinstance(value, list):
            separator = "\n" if key == "notes" else ", "
            shown = value if key == "notes" else value[:6]
            more = f" ... ({len(value)})" if len(value) > len(shown) else ""
            value = (separator.join(map(str, shown)) or "none") + more
        table.add_row(key.replace("_", " "), "unknown" if value is None else escape(str(value)))
    Console().print(table)


def show_layouts(layouts: list[dict[str, Any]]) -> None:
    """Print the known layouts, one below the other: addresses and trees must stay whole."""
    from awry.terminal import Console

    printer = Console(soft_wrap=True, highlight=False, markup=False)
    for layout in layouts:
        printer.print(f"{layout['name']}: {layout['title']}", style="bold")
        printer.print(layout["how_to_get"])
        printer.print(textwrap.indent(layout["layout"], "    "))
        if layout["citation"]:
            printer.print(f"Cite {layout['citation']}")
        printer.print()
