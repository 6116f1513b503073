"""`awry fit`: footage to bundle, with progress, and a look at the training footage's oddities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Calibration,
    Changes,
    Classifiers,
    Data,
    Depths,
    Detectors,
    DeviceName,
    Fps,
    Json,
    Layout,
    Overwrite,
    Precision,
    Validation,
    parse_changes,
    refusals,
    report_failures,
    reporting,
    show_result,
)

if TYPE_CHECKING:
    from awry.fitting import FitResult


def fit(
    method: Annotated[str, typer.Argument(help="See: awry methods.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="The bundle's folder.")],
    layout: Layout = None,
    preset: Annotated[str, typer.Option(help="paper, cpu, tiny, ...")] = "cpu",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a fit stopped.")] = False,
    per_scene: Annotated[bool, typer.Option("--per-scene", help="One model a scene.")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="rows:0-23, rectangle:x0,y0,x1,y1 or polygon:x,y;x,y;x,y"),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="CLIP:FIRST-LAST that was not normal after all.")
    ] = None,
    budget: Annotated[str, typer.Option(help="False alarms allowed.")] = "2/hour",
    validation: Validation = None,
    calibration: Calibration = None,
    every: Annotated[int, typer.Option(min=1, help="Keep each n-th frame.")] = 1,
    max_frames: Annotated[int | None, typer.Option(min=1, help="Most frames of a clip.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for resized frames.")] = None,
    cache_size: Annotated[float, typer.Option(min=0.001, help="Its limit in GiB.")] = 8.0,
    overwrite: Overwrite = False,
    fps: Fps = None,
    device: DeviceName = None,
    precision: Precision = None,
    compile: Annotated[
        bool, typer.Option("--compile", help="Compile networks while they are trained.")
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="So many train together, each on a card or its share of cores."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Learn what is normal from a data set's training part; write a bundle."""
    with refusals():
        import awry
        from awry.training.launch import follows

        try:
            with reporting() as reporter:
                result = awry.fit(
                    method,
                    data,
                    out=out,
                    format=layout,
                    preset=preset,
                    changes=parse_changes(changes or []),
                    detector=detector,
                    classifier=classifier,
                    depth=depth,
                    seed=seed,
                    resume=resume,
                    per_scene=per_scene,
                    ignore=ignore or [],
                    exclude=exclude or [],
                    budget=budget,
                    validation=validation,
                    calibration=calibration,
                    every=every,
                    max_frames=max_frames,
                    cache=cache,
                    cache_size=cache_size,
                    overwrite=overwrite,
                    fps=fps,
                    device=device,
                    precision=precision,
                    compile=compile,
                    processes=processes,
                    reporter=reporter,
                )
        except KeyboardInterrupt as error:
            said = str(error) or "stopped"
            hint = "the same command with --resume goes on from there"
            raise KeyboardInterrupt(f"{said}; {hint}.") from error
        if follows():
            return
        show_result(result, as_json, show_fit)
    report_failures(result.failed)


def show_fit(result: FitResult) -> None:
    """Print what the fit came to."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    printer.print("strangest moments of the training footage:")
    table = Table("clip", "frame", "score", "why")
    for moment in result.strangest:
        numbers = (str(moment.frame), f"{moment.score:.4g}")
        table.add_row(escape(moment.clip), *numbers, escape(moment.reason))
    printer.print(table)
    for sentence in (
        f"Look at them in {result.page}",
        _threshold_in_words(result),
        f"Bundle: {result.bundle} ({result.detector.facts.fit_seconds} s)",
    ):
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _threshold_in_words(result: FitResult) -> str:
    how = result.calibration.how
    return how if result.threshold is None else f"Threshold {result.threshold:.6g}. {how}"
