"""`awry evaluate`: a bundle or a sifted run against a data set's labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awry.cli.options import (
    Data,
    DeviceName,
    EventRuleName,
    Fps,
    Json,
    Layout,
    On,
    OtherBudget,
    OtherThreshold,
    Overwrite,
    Precision,
    Tolerance,
    Workers,
    console,
    refusals,
    report_failures,
    show_result,
)

if TYPE_CHECKING:
    from awry.evaluation.result import EvaluationResult


def evaluate(
    bundle: Path,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and report.html.")],
    layout: Layout = None,
    parts: Annotated[list[str] | None, typer.Option(help="Extra parts; all for every one.")] = None,
    flow: Annotated[bool, typer.Option(help="Measure the motion reference too.")] = True,
    merged: Annotated[
        bool, typer.Option("--merged", help="A sifted run, on the train and test clips that it saw")
    ] = False,
    interactions: Annotated[
        int, typer.Option(min=0, help="Of a sifted run: simulate so many rounds of feedback.")
    ] = 0,
    budget: OtherBudget = None,
    threshold: OtherThreshold = None,
    rule: EventRuleName = "begin",
    tolerance: Tolerance = 1.0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder where what teachers say of frames is kept.")
    ] = None,
    overwrite: Overwrite = False,
    fps: Fps = None,
    workers: Workers = None,
    on: On = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle on a data set's labelled test clips, or a sifted run; write a report."""
    with refusals():
        import awry
        from awry.terminal import BarReporter

        with BarReporter(console()) as reporter:
            result = awry.evaluate(
                bundle,
                data,
                out=out,
                format=layout,
                parts=parts or (),
                flow=flow,
                merged=merged,
                interactions=interactions,
                budget=budget,
                threshold=threshold,
                rule=rule,
                tolerance=tolerance,
                cache=cache,
                overwrite=overwrite,
                fps=fps,
                workers=workers,
                on=on,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result.to_dict(), as_json, lambda _: show_evaluation(result))
    report_failures(result.failed)


def show_evaluation(result: EvaluationResult) -> None:
    """Print the tables that a person wants first."""
    from awry.cli.tables import show_levels, show_rows
    from awry.terminal import Console

    printer = Console()
    if result.settings["n_clips_labelled"]:
        show_rows(result.metrics, "this method")
        show_levels(result.metrics)
    else:
        printer.print("No test clip has labels: everything was scored, nothing was measured.")
    for note in result.notes:
        printer.print(note, highlight=False, markup=False, soft_wrap=True)
    if result.report is not None:
        printer.print(f"report: {result.report}", highlight=False, markup=False, soft_wrap=True)
    if result.interactions:
        _show_interactions(result.interactions)


def _show_interactions(rows: list[dict[str, Any]]) -> None:
    """Print what feedback brought where it was simulated."""
    from awry.cli.printed import with_interval
    from awry.sifting.interactions import AUCS
    from awry.terminal import Console, Table

    table = Table(
        *("", "fed back", "AUC, all frames", "AUC without them", "before"),
        title="simulated feedback; below each figure its 95 % interval over clips",
    )
    for row in rows:
        cells = [with_interval(row, row["intervals"], name) for name in AUCS]
        table.add_row(str(row["interaction"]), f"{row['fed_back']:.0f}", *cells)
    Console().print(table)
