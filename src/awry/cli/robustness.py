"""`awry robustness`: bad weather and bad cameras, fewer or impure training frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Changes,
    Data,
    DeviceName,
    Fps,
    Json,
    Layout,
    On,
    OtherBudget,
    OtherThreshold,
    Overwrite,
    Precision,
    Workers,
    parse_changes,
    refusals,
    report_failures,
    reporting,
    show_result,
)
from awry.cli.printed import per_cent, print_sentences, with_interval

if TYPE_CHECKING:
    from awry.studies.corruption_conditions import RobustnessResult
    from awry.studies.training_conditions import RefitResult

BELOW = "Below a figure stands its 95 % interval over clips, where there are two clips or more."


def robustness(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for cells, robustness.json and plots.")],
    bundle: Annotated[Path | None, typer.Argument(help="Measure it on spoiled frames.")] = None,
    corruptions: Annotated[
        str | None, typer.Option(help="Which, with commas between; all if not given.")
    ] = None,
    severities: Annotated[str | None, typer.Option(help="Of 1 to 5; default 1,3,5.")] = None,
    refit: Annotated[str | None, typer.Option(help="Fit this method instead.")] = None,
    subsample: Annotated[str | None, typer.Option(help="Keep each n-th frame: 1,2,4")] = None,
    contaminate: Annotated[
        str | None, typer.Option(help="Abnormal frames in training: 0,100,400")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Of the fits; default tiny.")] = None,
    changes: Changes = None,
    parts: Annotated[str, typer.Option(help="Extra parts, with commas between.")] = "all",
    clips: Annotated[
        str | None, typer.Option(help="So many test clips, or names like 'Test00*'.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    budget: OtherBudget = None,
    threshold: OtherThreshold = None,
    overwrite: Overwrite = False,
    layout: Layout = None,
    fps: Fps = None,
    workers: Workers = None,
    on: On = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle in bad weather, or a method with fewer or impure frames; resumable."""
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.robustness(
                bundle,
                data=data,
                out=out,
                corruptions=corruptions,
                severities=severities,
                refit=refit,
                subsample=subsample,
                contaminate=contaminate,
                preset=preset,
                changes=parse_changes(changes) if changes else None,
                parts=parts,
                clips=clips,
                seed=seed,
                budget=budget,
                threshold=threshold,
                overwrite=overwrite,
                format=layout,
                fps=fps,
                workers=workers,
                on=on,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_robustness if bundle is not None else show_refit)
    report_failures(result.failed)


def show_robustness(result: RobustnessResult) -> None:
    """Print the table of conditions."""
    from rich.table import Column

    from awry.evaluation.report.panels import shown_names
    from awry.studies.robustness_plots import false_alarm_rate
    from awry.terminal import Console, Table

    conditions = [result.clean, *result.conditions]
    names = shown_names([condition["auc"] for condition in conditions])
    rate = false_alarm_rate(result.clean)
    unit = "per hour" if rate.endswith("hour") else "per 1000 frames"
    shares_of = ("normal frames over, %", "normal frames in alarm, %", "events found, %")
    heads = (f"false alarms {unit}", *shares_of)
    first = Column("corruption", no_wrap=True)
    title = "micro AUC of each kind of score, per cent, and alarms at the clean threshold"
    table = Table(first, "", "what it is", *names.values(), *heads, title=title)
    for condition in conditions:
        aucs = [with_interval(condition["auc"], condition["interval"], name) for name in names]
        intervals = condition["alarm_interval"]
        table.add_row(
            condition["corruption"],
            str(condition["severity"] or ""),
            condition["says"],
            *aucs,
            with_interval(condition, intervals, rate, factor=1, digits=1),
            per_cent(condition["normal_share_over"]),
            with_interval(condition, intervals, "normal_share_in_alarm"),
            with_interval(condition, intervals, "recall"),
        )
    Console().print(table)
    print_sentences([BELOW, *result.notes, "plots: " + ", ".join(result.plots)])


def show_refit(result: RefitResult) -> None:
    """Print the table of fits."""
    from awry.evaluation.report.panels import shown_names
    from awry.terminal import Console, Table

    if result.fits:
        names = shown_names([fit["auc"] for fit in result.fits])
        heads = (result.kind, "training frames", "abnormal ones", *names.values())
        table = Table(*heads, title="micro AUC of each kind of score / recounted, per cent")
        for fit in result.fits:
            training = fit["training"]
            aucs = [
                "\n/ ".join(
                    with_interval(figures["auc"], figures["interval"], name)
                    for figures in (fit, fit["recount"])
                )
                for name in names
            ]
            counts = (fit[result.kind], training["frames"], training["abnormal_frames"])
            table.add_row(*map(str, counts), *aucs)
        Console().print(table)
    plots = "plots: " + ", ".join(result.plots)
    print_sentences([BELOW, f"recounted: {result.recounted}.", plots])
