"""`awry watch demo`: a site of drawn cameras."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import Json, refusals
from awry.cli.watch_shown import show_lines


def watch_demo(
    out: Annotated[
        Path | None,
        typer.Option(help="A new folder for everything; else a temporary one that goes."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page; any free one where it is taken.")
    ] = 8780,
    past: Annotated[
        str,
        typer.Option(help="So long before the start was watched, too; a longer one starts later."),
    ] = "15m",
    as_json: Json = False,
) -> None:
    """Watch two drawn cameras, one of which misbehaves: no camera and no data needed."""
    code = 0
    with refusals():
        import awry.watch

        code = awry.watch.demo(
            out=out, keep=keep, port=port, past=past, say=lambda said: show_lines([said])
        )
    if code:
        raise typer.Exit(code)
