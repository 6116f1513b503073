"""`awry paste`: a labelled test set for a camera that has none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import Fps, Json, Layout, refusals, reporting, show_result

if TYPE_CHECKING:
    from awry.studies.pasting import PastedSet


def paste(
    footage: Annotated[Path, typer.Argument(help="A video or a folder of normal footage.")],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    kinds: Annotated[str | None, typer.Option(help="Alterations, with commas between.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Objects that are pasted.")] = 6,
    seconds: Annotated[float, typer.Option(help="Length of a test clip, at most.")] = 4.0,
    share: Annotated[float, typer.Option(help="Of the footage, its end, for test clips.")] = 0.4,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Region whose pixels never count; repeat it.")
    ] = None,
    max_frames: Annotated[
        int | None, typer.Option(min=1, help="Read at most so many frames of each clip.")
    ] = None,
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Make a labelled test set out of normal footage: anomalies are pasted into it.

    awry fit METHOD --data OUT --out BUNDLE, then awry evaluate BUNDLE --data OUT.
    """
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.paste(
                footage,
                out=out,
                kinds=kinds,
                count=count,
                seconds=seconds,
                share=share,
                seed=seed,
                ignore=ignore or (),
                max_frames=max_frames,
                format=layout,
                fps=fps,
                reporter=reporter,
            )
        show_result(result, as_json, show_pasted)


def show_pasted(result: PastedSet) -> None:
    """Print the test clips and what to do with them."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    console = Console()
    table = Table("test clip", "altered", "pasted into", "frames", "abnormal")
    for clip in result.test:
        words = (clip.name, clip.kind, clip.source)
        table.add_row(*map(escape, words), str(clip.frames), str(clip.abnormal))
    console.print(table)
    for note in result.notes:
        console.print(escape(note))
    console.print(escape(f"Training clips: {len(result.train)}; data set: {result.folder}"))
