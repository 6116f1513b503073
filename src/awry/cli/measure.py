"""`awry evaluate`, `reproduce`, `robustness` and `compare`: measuring on data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import (
    Json,
    Overwrite,
    refusals,
    show_result,
)


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(help="metrics.json files or their folders, or NAME=PATH; the base first."),
    ],
    select: Annotated[
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
        from awry.cli.show_compare import run_compare, show_comparison

        found = run_compare(
            runs,
            despite_differences=despite_differences,
            select=select or (),
            out=out,
            overwrite=overwrite,
        )
        show_result(found, as_json, show_comparison)
