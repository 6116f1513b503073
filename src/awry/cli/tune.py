"""`awry tune`: choose a method's settings on held-back normal footage, without any label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from awry.cli.options import (
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
    parse_changes,
    refusals,
    reporting,
    show_result,
)

if TYPE_CHECKING:
    from awry.fitting.search import TuneBy
    from awry.fitting.search_result import TuneResult


def tune(
    method: Annotated[str, typer.Argument(help="A method that declares what to try.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the bundle.")],
    budget: Annotated[str, typer.Option(help="Time for trials: 2h, 30min, 90s.")] = "1h",
    by: Annotated[
        str, typer.Option(help="Judge by synthetic anomalies, or by losses as the paper did.")
    ] = "synthetic",
    layout: Layout = None,
    preset: Annotated[str, typer.Option(help="Preset of the method.")] = "cpu",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after a stop.")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="rows:0-23, rectangle:x0,y0,x1,y1 or polygon:x,y;x,y;x,y"),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="CLIP:FIRST-LAST that was not normal after all.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Keep each n-th frame.")] = 1,
    max_frames: Annotated[int | None, typer.Option(min=1, help="Most frames of a clip.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for resized frames.")] = None,
    cache_size: Annotated[float, typer.Option(min=0.001, help="Its limit in GiB.")] = 8.0,
    overwrite: Overwrite = False,
    fps: Fps = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Try settings on held-back normal footage; write the bundle of the best."""
    with refusals():
        import awry

        try:
            with reporting() as reporter:
                result = awry.tune(
                    method,
                    data,
                    out=out,
                    budget=budget,
                    by=cast("TuneBy", by),
                    format=layout,
                    preset=preset,
                    changes=parse_changes(changes or []),
                    detector=detector,
                    classifier=classifier,
                    depth=depth,
                    seed=seed,
                    resume=resume,
                    ignore=ignore or [],
                    exclude=exclude or [],
                    every=every,
                    max_frames=max_frames,
                    cache=cache,
                    cache_size=cache_size,
                    overwrite=overwrite,
                    fps=fps,
                    device=device,
                    precision=precision,
                    reporter=reporter,
                )
        except KeyboardInterrupt as error:
            said = str(error) or "stopped"
            hint = "the same command with --resume goes on from there"
            raise KeyboardInterrupt(f"{said}; {hint}.") from error
        show_result(result, as_json, show_tuned)


def show_tuned(result: TuneResult) -> None:
    """Print all trials, and where the best one's bundle is."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    table = Table("settings", "of a fit", result.measure, "90 % interval", "seconds")
    name, digits = ("losses", 4) if result.by == "losses" else ("blind", 3)
    for row in result.rows():
        figure = "-" if row[name] is None else f"{row[name]:.{digits}f}"
        interval = "-" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
        cells = (f"{row['share']:.0%}", figure, interval, f"{row['seconds']:.0f}")
        table.add_row(escape(row["settings"]), *cells)
    printer.print(table)
    for sentence in (*result.notes, f"Bundle: {result.bundle}"):
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
