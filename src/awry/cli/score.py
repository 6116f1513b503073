"""`awry score`: sources to scores, regions, alarms, maps and overlay videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    DeviceName,
    Fps,
    Json,
    On,
    OtherBudget,
    OtherThreshold,
    Overwrite,
    Precision,
    Resume,
    Workers,
    refusals,
    report_failures,
    reporting,
    show_result,
)

if TYPE_CHECKING:
    from awry.score_run import ScoreResult
    from awry.terminal import Table


def score(
    bundle: Path,
    sources: Annotated[list[str], typer.Argument(help="Videos, folders, streams, cameras.")],
    out: Annotated[
        str,
        typer.Option(metavar="FILE|DIR/|s3://...", help="Scores: .csv, .jsonl, .parquet, DIR/."),
    ],
    regions: Annotated[Path | None, typer.Option(help="Boxes, likewise.")] = None,
    events: Annotated[Path | None, typer.Option(help="Alarms, likewise.")] = None,
    maps: Annotated[Path | None, typer.Option(help="Folder for anomaly maps.")] = None,
    map_part: Annotated[
        str | None, typer.Option(help="Whose maps: a part's, e.g. motion; else the score's.")
    ] = None,
    overlay: Annotated[Path | None, typer.Option(help="A video to look at; one a source.")] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="A further bundle for the same frames; its name joins its outputs'."),
    ] = None,
    scene: Annotated[str, typer.Option(help="Which fitted scene this is.")] = "*",
    parts: Annotated[list[str] | None, typer.Option(help="Extra parts; all for every one.")] = None,
    budget: OtherBudget = None,
    threshold: OtherThreshold = None,
    escape_formulas: Annotated[
        bool, typer.Option("--escape-formulas", help="For spreadsheets: names like =1+1 in CSV.")
    ] = False,
    overwrite: Overwrite = False,
    fps: Fps = None,
    reconnect: Annotated[
        bool, typer.Option("--reconnect", help="Open a lost stream or camera anew, for ever.")
    ] = False,
    reconnect_attempts: Annotated[
        int | None, typer.Option(min=1, help="Likewise, but give up after so many in a row.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="When the first frame was taken: 2026-11-28T22:00, with +01:00 or not."),
    ] = None,
    device: DeviceName = None,
    precision: Precision = None,
    workers: Workers = None,
    on: On = None,
    resume: Resume = False,
    piece_minutes: Annotated[
        float, typer.Option(min=0, help="Workers score long files in pieces; 0: as a whole.")
    ] = 10.0,
    as_json: Json = False,
) -> None:
    """Score new video: per frame, and regions, alarms, maps or an overlay where asked."""
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.score(
                bundle,
                sources,
                out=out,
                regions=regions,
                events=events,
                maps=maps,
                map_part=map_part,
                overlay=overlay,
                also=also or [],
                scene=scene,
                parts=parts or [],
                budget=budget,
                threshold=threshold,
                escape_formulas=escape_formulas,
                overwrite=overwrite,
                fps=fps,
                reconnect=reconnect,
                reconnect_attempts=reconnect_attempts,
                start=start,
                device=device,
                precision=precision,
                workers=workers,
                on=on,
                resume=resume,
                piece_minutes=piece_minutes,
                reporter=reporter,
            )
        show_result(result, as_json, show_score)
    report_failures(result.failed)


def show_score(result: ScoreResult) -> None:
    """Print each source's peak, the alarms, and where the scores are."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    sources = Table("source", "frames", "scored", "highest score", "at frame", "alarms")
    for row in result.sources:
        score = "-" if row.score is None else f"{row.score:.4g}"
        peak = "-" if row.peak is None else str(row.peak)
        counts = (str(row.frames), str(row.scored))
        sources.add_row(escape(row.source), *counts, score, peak, str(row.alarms))
    printer.print(sources)
    if result.alarms or result.has_threshold:
        printer.print(_alarm_table(result) if result.alarms else "no alarms")
    for note in result.notes:
        printer.print(note, highlight=False, markup=False, soft_wrap=True)
    for each in (result, *result.also.values()):
        printer.print(f"{each.frames} frames scored: {each.out}", highlight=False, markup=False)


def _alarm_table(result: ScoreResult) -> Table:
    from rich.markup import escape

    from awry.terminal import Table

    clocks = ["clock"] if any(event.clock for event in result.alarms) else []
    table = Table("source", *clocks, "frames", "seconds", "peak", "score", "why", title="alarms")
    for event in result.alarms:
        known = event.start_s is not None and event.end_s is not None
        table.add_row(
            escape(event.source),
            *([event.clock or "-"] if clocks else []),
            f"{event.first}-{event.last}",
            f"{event.start_s:.1f}-{event.end_s:.1f}" if known else "-",
            str(event.peak),
            f"{event.score:.4g}",
            escape(event.reason),
        )
    return table
