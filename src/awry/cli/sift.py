"""`awry sift` and `awry review`: footage that nobody has labelled, and a person's answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from awry.cli.options import (
    Changes,
    Fps,
    Json,
    Layout,
    Overwrite,
    console,
    refusals,
    report_failures,
    show_result,
)
from awry.errors import ConfigError

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
    as_json: Json = False,
) -> None:
    """Rank an archive without a label: what is strange comes first."""
    with refusals():
        from awry.fit_run import parse_changes
        from awry.output.places import check_folder
        from awry.sifting import SiftOptions
        from awry.sifting import sources as sifting

        if bool(sources) == (data is not None or layout is not None):
            raise ConfigError("Give either sources, or --data DIR --merged.")
        if not sources and not merged:
            raise ConfigError(
                "A data set is sifted whole, train and test clips together: add --merged. "
                "(awry fit sdor learns from the training part alone.)"
            )
        options = SiftOptions(
            preset,
            parse_changes(changes or []),
            seed,
            tuple(ignore or ()),
            every,
            cache_size,
            resume,
            cast("ScenesBy", scenes_by),
            overwrite,
        )
        check_folder("--out", out, {}, [*(sources or ()), *([data] if data else [])])
        if sources:
            given = sifting.given_sources(sources, fps)
        else:
            given = sifting.given_dataset(data, layout, scene, fps)
        summary = sifting.run_sift(given, out, options, console())
        show_result(summary, as_json, sifting.show_sift)
    report_failures(summary["failed"])


def review(
    run: Path,
    host: Annotated[
        str, typer.Option(help="Where to listen; elsewhere than here the address has a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0: any free one; default 8765.")
    ] = None,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open a browser.")] = False,
    export: Annotated[Path | None, typer.Option(help="Write the marks there, and end.")] = None,
    take_in: Annotated[
        Path | None, typer.Option("--take-in", help="Add the marks of that file, and end.")
    ] = None,
    as_json: Json = False,
) -> None:
    """A local page of a sifted archive's moments: mark them, and it learns from that."""
    with refusals():
        from awry.sifting.review import run_review, show_review

        refused = run_review(
            run,
            host=host,
            port=port,
            show=show,
            take_in=take_in,
            export=export,
            console=console(),
            announce=lambda summary: show_result(summary, as_json, show_review),
        )
    report_failures(refused)
