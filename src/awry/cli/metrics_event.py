"""`awry metrics event`: the event level of anybody's scores or alarms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import (
    EventRuleName,
    Json,
    Labels,
    LabelsFirst,
    Overwrite,
    Report,
    ScoresFirst,
    Tolerance,
    print_noted,
    refusals,
)


def metrics_event(
    labels: Labels,
    scores: Annotated[Path | None, typer.Option(help="As for metrics frame.")] = None,
    threshold: Annotated[float | None, typer.Option(help="An alarm has a frame above it.")] = None,
    alarms: Annotated[Path | None, typer.Option(help="CSV clip,first,last instead.")] = None,
    normal_scores: Annotated[
        Path | None, typer.Option(help="Of normal footage: fixes the threshold by --budget.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="False alarms allowed; else 2/hour.")] = None,
    merge_gap: Annotated[
        int | None, typer.Option(help="Frames between runs that are one alarm; else 1 s.")
    ] = None,
    min_length: Annotated[
        int | None, typer.Option(help="Frames of the shortest alarm; else 0.3 s.")
    ] = None,
    fps: Annotated[float | None, typer.Option("--fps", min=0.01, help="For seconds.")] = None,
    rule: EventRuleName = "begin",
    tolerance: Tolerance = 1.0,
    scores_first_frame: ScoresFirst = 0,
    labels_first_frame: LabelsFirst = 0,
    out: Report = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Event level: precision, recall, delay and false alarms, as an operator feels them."""
    with refusals():
        import awry
        from awry.cli.tables import show_figures

        result = awry.measure.event(
            labels,
            scores,
            threshold=threshold,
            alarms=alarms,
            normal_scores=normal_scores,
            budget=budget,
            merge_gap=merge_gap,
            min_length=min_length,
            fps=fps,
            rule=rule,
            tolerance=tolerance,
            scores_first_frame=scores_first_frame,
            labels_first_frame=labels_first_frame,
            out=out,
            overwrite=overwrite,
        )
        print_noted(result.to_dict(), as_json, show_figures)
