"""`awry metrics frame`: the frame level of anybody's scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Json,
    Labels,
    LabelsFirst,
    Overwrite,
    Report,
    ScoresFirst,
    print_noted,
    refusals,
)

if TYPE_CHECKING:
    from awry.evaluation.measured_frames import MeasuredFrames


def metrics_frame(
    scores: Annotated[Path, typer.Option(help="CSV clip,frame,score, a folder of CSV, or npy.")],
    labels: Labels,
    scores_first_frame: ScoresFirst = 0,
    labels_first_frame: LabelsFirst = 0,
    fps: Annotated[float | None, typer.Option("--fps", min=0.01, help="For seconds.")] = None,
    out: Report = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Frame level: micro and macro AUC, AP, variants, and scores without looking."""
    with refusals():
        import awry

        result = awry.measure.frame(
            scores,
            labels,
            scores_first_frame=scores_first_frame,
            labels_first_frame=labels_first_frame,
            fps=fps,
            out=out,
            overwrite=overwrite,
        )
        print_noted(result.to_dict(), as_json, lambda _: show_frames(result))


def show_frames(result: MeasuredFrames) -> None:
    """Print the table of rows."""
    from awry.cli.tables import show_notes, show_report, show_rows

    show_rows(result.metrics, "these scores")
    show_notes(result.notes)
    show_report(result.report)
