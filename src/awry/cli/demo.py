"""`awry demo`: moving digits, from nothing to a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    DeviceName,
    Json,
    Overwrite,
    Precision,
    refusals,
    reporting,
    show_result,
)
from awry.cli.printed import print_sentences, with_interval

if TYPE_CHECKING:
    from awry.studies.demo import DemoResult


def demo(
    out: Annotated[Path, typer.Option(help="Where report, video and bundle go.")] = Path(
        "demo-out"
    ),
    method: Annotated[
        str | None,
        typer.Option(help="One with a preset demo, which awry methods lists; else the first."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    overwrite: Overwrite = False,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Fit, score and evaluate a method on moving digits: no data needed, in under ten minutes."""
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.demo(
                method,
                out=out,
                seed=seed,
                overwrite=overwrite,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_demo)


def show_demo(result: DemoResult) -> None:
    """Print the table of figures and where everything is."""
    from awry.terminal import Console, Table

    kinds = list(result.auc)
    title = "micro AUC, per cent, moving digits; below it the 95 % interval over clips"
    table = Table("", *kinds, title=title)
    for name, row in result.by_name.items():
        figures = [with_interval(row, result.intervals[name], kind, digits=1) for kind in kinds]
        table.add_row(name.upper() if name == result.method else name, *figures)
    Console().print(table)
    print_sentences(
        [
            f"report: {result.report}",
            f"overlay: {result.overlay}",
            f"bundle: {result.bundle}",
            f"{result.seconds:.0f} s in all",
        ]
    )
