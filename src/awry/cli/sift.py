"""`awry sift`: footage that nobody has labelled; what is abnormal comes first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from awry.cli.options import (
    Changes,
    DeviceName,
    Fps,
    Json,
    Layout,
    On,
    Overwrite,
    Precision,
    Workers,
    console,
    parse_changes,
    refusals,
    report_failures,
    show_result,
)

if TYPE_CHECKING:
    from awry.sifting.scenes import ScenesBy


def sift(
    out: Annotated[Path, typer.Option(help="The run's folder.")],
    sources: Annotated[list[str] | None, typer.Argument(help="Videos and folders.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of a data set, instead of sources.")
    ] = None,
    merged: Annotated[
        bool, typer.Option("--merged", help="Its train and test clips together.")
    ] = False,
    scene: Annotated[str | None, typer.Option(help="Clips of this scene of it alone.")] = None,
    scenes_by: Annotated[
        str,
        typer.Option(help="How sources' scenes are told apart: picture, folder, file or none."),
    ] = "picture",
    layout: Layout = None,
    preset: Annotated[str, typer.Option(help="paper, cpu, tiny.")] = "cpu",
    changes: Changes = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run stopped.")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            help="rows:0-23, rectangle:x0,y0,x1,y1 or polygon:x,y;x,y;x,y; none: a data set's "
            "pictures as they are."
        ),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Take each n-th frame.")] = 1,
    cache_size: Annotated[
        float, typer.Option(min=0.001, help="Most GiB for the frames' activations.")
    ] = 40.0,
    overwrite: Overwrite = False,
    fps: Fps = None,
    workers: Workers = None,
    on: On = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Rank an archive without a label: what is strange comes first."""
    with refusals():
        import awry
        from awry.terminal import BarReporter

        with BarReporter(console()) as reporter:
            try:
                run = awry.sift(
                    sources,
                    out=out,
                    data=data,
                    merged=merged,
                    scene=scene,
                    scenes_by=cast("ScenesBy", scenes_by),
                    format=layout,
                    preset=preset,
                    changes=parse_changes(changes or []),
                    seed=seed,
                    resume=resume,
                    ignore=ignore or (),
                    every=every,
                    cache_size=cache_size,
                    overwrite=overwrite,
                    fps=fps,
                    workers=workers,
                    on=on,
                    device=device,
                    precision=precision,
                    reporter=reporter,
                )
            except KeyboardInterrupt as error:
                hint = "the same command with --resume goes on from there"
                raise KeyboardInterrupt(f"{str(error) or 'stopped'}; {hint}.") from error
        result = run.to_dict()
        show_result(result, as_json, show_sift)
    report_failures(result["failed"])


def show_sift(result: dict[str, Any]) -> None:
    """Print the most abnormal moments, and where everything is."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    table = Table("", "clip", "frames", "seconds", "peak", "score", title="strangest moments")
    for number, event in enumerate(result["events"][:10], 1):
        known = event["start_s"] is not None
        seconds = f"{event['start_s']:.1f}-{event['end_s']:.1f}" if known else "-"
        frames = f"{event['first']}-{event['last']}"
        row = (str(number), escape(event["source"]), frames, seconds, str(event["peak"]))
        table.add_row(*row, f"{event['score']:.4g}")
    printer.print(table if result["events"] else "nothing stands out")
    sentences = [
        *result["notes"],
        f"{result['frames']} frames of {result['clips']} clips ranked in "
        f"{result['seconds']:.0f} s: {result['run']}",
        f"Look at them in {result['page']}, or mark them: awry review {result['run']}",
    ]
    for sentence in sentences:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
