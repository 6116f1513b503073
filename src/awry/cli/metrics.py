"""`awry metrics`: the metrics alone, from anybody's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import (
    EventRuleName,
    Json,
    Labels,
    LabelsFirst,
    OtherThreshold,
    Overwrite,
    ScoresFirst,
    Tolerance,
    print_noted,
    refusals,
    show_result,
)

metrics_app = typer.Typer(no_args_is_help=True)
Report = Annotated[
    Path | None, typer.Option("--out", help="Folder for metrics.json and report.html.")
]


def _check_report(out: Path | None, read: Sequence[Path | None], overwrite: bool) -> None:
    from awry.output.places import REPORT, check_folder

    if out is not None:
        check_folder("--out", out, REPORT, [one for one in read if one], overwrite=overwrite)


@metrics_app.command("frame")
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
    """Frame level: micro and macro AUC, AP, variants and what sees no pixel."""
    with refusals():
        from awry.cli.tables import show_frame
        from awry.evaluation.measure import FrameOptions, run_frame

        _check_report(out, (scores, labels), overwrite)
        options = FrameOptions(scores, labels, scores_first_frame, labels_first_frame, fps)
        print_noted(run_frame(options, out), as_json, show_frame)


@metrics_app.command("region")
def metrics_region(
    tracks: Annotated[Path, typer.Option(help="track_id,frame,x_min,...; one file a clip.")],
    detections: Annotated[Path, typer.Option(help="frame,x_min,...,score; one file a clip.")],
    frames: Annotated[str, typer.Option(help="All test frames, or a CSV clip,frames.")],
    compat: Annotated[
        bool, typer.Option("--compat", help="Walk equal scores in the files' order.")
    ] = False,
    alpha: Annotated[float, typer.Option(help="Share of a track to be found.")] = 0.1,
    beta: Annotated[float, typer.Option(help="IoU to overlap.")] = 0.1,
    inverted: Annotated[
        str, typer.Option(help="Inverted detections: false_positive or refuse.")
    ] = "false_positive",
    size: Annotated[str | None, typer.Option(help="WxH; cuts boxes at the frame's edge.")] = None,
    tracks_first_frame: Annotated[
        int, typer.Option(min=0, help="Number of a clip's first frame in tracks.")
    ] = 0,
    detections_first_frame: Annotated[int, typer.Option(min=0, help="The same in detections.")] = 0,
    as_json: Json = False,
) -> None:
    """Region level: RBDC and TBDC."""
    with refusals():
        from awry.cli.tables import show_figures
        from awry.evaluation.measure import RegionOptions, run_region

        options = RegionOptions(
            tracks,
            detections,
            frames,
            compat=compat,
            alpha=alpha,
            beta=beta,
            inverted=inverted,
            size=size,
            tracks_first_frame=tracks_first_frame,
            detections_first_frame=detections_first_frame,
        )
        print_noted(run_region(options), as_json, show_figures)


@metrics_app.command("event")
def metrics_event(
    labels: Labels,
    scores: Annotated[Path | None, typer.Option(help="As for metrics frame.")] = None,
    threshold: Annotated[float | None, typer.Option(help="An alarm has a frame above it.")] = None,
    alarms: Annotated[Path | None, typer.Option(help="CSV clip,first,last instead.")] = None,
    normal_scores: Annotated[
        Path | None, typer.Option(help="Of normal footage: fixes the threshold by --budget.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="False alarms allowed; else 2/hour.")] = None,
    merge_gap: Annotated[int, typer.Option(help="Frames between runs that are one alarm.")] = 10,
    min_length: Annotated[int, typer.Option(help="Frames of the shortest alarm.")] = 3,
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
        from awry.cli.tables import show_figures
        from awry.evaluation.measure import FrameOptions, run_event
        from awry.evaluation.metrics.event import EventRule
        from awry.scoring.calibration import Budget
        from awry.scoring.events import EventOptions

        _check_report(out, (scores, labels, alarms, normal_scores), overwrite)
        options = FrameOptions(scores, labels, scores_first_frame, labels_first_frame, fps)
        made = EventOptions(hysteresis=0.0, merge_gap=merge_gap, min_length=min_length)
        found = run_event(
            options,
            threshold=threshold,
            normal_scores=normal_scores,
            budget=None if budget is None else Budget.parse(budget),
            alarms=alarms,
            events=made,
            rule=EventRule.parse(rule, tolerance),
            out=out,
        )
        print_noted(found, as_json, show_figures)


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
        int, typer.Option(help="Without a bundle: frames between runs that are one alarm.")
    ] = 10,
    min_length: Annotated[int, typer.Option(help="Likewise: frames of the shortest alarm.")] = 3,
    fps: Annotated[
        float | None, typer.Option("--fps", min=0.01, help="Where scores have no times.")
    ] = None,
    scores_first_frame: ScoresFirst = 0,
    as_json: Json = False,
) -> None:
    """Try another threshold or budget on saved scores: what appears, what vanishes, how often."""
    with refusals():
        from awry.cli.show_alarms import TuningOptions, run_alarms, show_alarms
        from awry.scoring.calibration import Budget
        from awry.scoring.events import EventOptions

        options = TuningOptions(
            scores,
            threshold=threshold,
            budget=None if budget is None else Budget.parse(budget),
            bundle=bundle,
            scene=scene,
            normal_scores=normal_scores,
            before=before,
            merging=EventOptions(hysteresis=0.0, merge_gap=merge_gap, min_length=min_length),
            fps=fps,
            first_frame=scores_first_frame,
        )
        show_result(run_alarms(options, out, overwrite=overwrite), as_json, show_alarms)
