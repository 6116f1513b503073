"""`awry alarms`: another threshold for scores that are at hand, and what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awry.cli.options import Json, OtherThreshold, Overwrite, ScoresFirst, refusals, show_result

if TYPE_CHECKING:
    from awry.terminal import Console

LISTED = 20


def alarms(
    scores: Annotated[Path, typer.Argument(help="Scores: .csv, .jsonl, .parquet, or a folder.")],
    threshold: OtherThreshold = None,
    budget: Annotated[
        str | None, typer.Option(help="False alarms allowed, such as 2/hour, 2/day, 1/week.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Whose calibration knows budgets and the threshold before.")
    ] = None,
    scene: Annotated[str, typer.Option(help="Which of its scenes this is.")] = "*",
    normal_scores: Annotated[
        Path | None, typer.Option(help="Instead of a bundle: scores of normal footage.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="A threshold or a file of alarms to compare with.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Alarms: .csv, .jsonl or .parquet.")] = None,
    overwrite: Overwrite = False,
    merge_gap: Annotated[
        int | None,
        typer.Option(help="Without a bundle: frames between runs that are one alarm; else 1 s."),
    ] = None,
    min_length: Annotated[
        int | None, typer.Option(help="Likewise: frames of the shortest alarm; else 0.3 s.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option("--fps", min=0.01, help="Where scores have no times.")
    ] = None,
    scores_first_frame: ScoresFirst = 0,
    as_json: Json = False,
) -> None:
    """Try another threshold or budget on saved scores: what appears, what vanishes, how often."""
    with refusals():
        import awry

        result = awry.alarms(
            scores,
            threshold=threshold,
            budget=budget,
            bundle=bundle,
            scene=scene,
            normal_scores=normal_scores,
            before=before,
            out=out,
            overwrite=overwrite,
            merge_gap=merge_gap,
            min_length=min_length,
            fps=fps,
            scores_first_frame=scores_first_frame,
        )
        show_result(result.to_dict(), as_json, show_alarms)


def show_alarms(summary: dict[str, Any]) -> None:
    """Print what each threshold gives, and which alarms appear and vanish."""
    from awry.terminal import Console, Table

    printer = Console()
    head = ["", "threshold", "alarms", "an hour", "time in alarm", "share"]
    table = Table(*head, title="what a threshold gives")
    for name in ("before", "after"):
        if summary[name] is not None:
            table.add_row(name, *_cells(summary[name]))
    table.add_section()
    for step in summary["steps"]:
        table.add_row(step["budget"] or "", *_cells(step))
    printer.print(table)
    for name, style in (("appeared", "bold"), ("vanished", "dim")):
        _show_list(printer, name, summary[name], style)
    for sentence in ([summary["how"]] if summary["after"] else []) + summary["notes"]:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if summary["out"]:
        count = len(summary["alarms"])
        printer.print(f"{count} alarms: {summary['out']}", highlight=False, markup=False)


def _show_list(printer: Console, name: str, alarms: list[dict[str, Any]], style: str) -> None:
    from rich.markup import escape

    from awry.terminal import Table

    if not alarms:
        return
    clocks = ["clock"] if any("clock" in row for row in alarms) else []
    head = ["source", *clocks, "frames", "seconds", "peak", "score"]
    table = Table(*head, title=name, style=style)
    for row in alarms[:LISTED]:
        known = row["start_s"] is not None
        seconds = f"{row['start_s']:.1f}-{row['end_s']:.1f}" if known else "-"
        cells = (f"{row['first']}-{row['last']}", seconds, str(row["peak"]), f"{row['score']:.4g}")
        table.add_row(escape(row["source"]), *(row.get(key) or "-" for key in clocks), *cells)
    printer.print(table)
    if len(alarms) > LISTED:
        printer.print(f"and {len(alarms) - LISTED} more {name}: see --json", highlight=False)


def _cells(row: dict[str, Any]) -> list[str]:
    hourly, seconds = row["alarms_per_hour"], row["seconds_in_alarm"]
    return [
        "from a file" if row["threshold"] is None else f"{row['threshold']:.4g}",
        str(row["alarms"]),
        "-" if hourly is None else f"{hourly:.3g}",
        f"{row['frames_in_alarm']} frames" if seconds is None else f"{seconds:.1f} s",
        f"{row['share_in_alarm']:.1%}",
    ]
