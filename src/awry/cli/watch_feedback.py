"""`awry watch feedback`: what people said of events, to take along."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import Json, refusals, show_result
from awry.cli.watch_shown import show_lines, show_rows

if TYPE_CHECKING:
    from awry.watch.told import Told


def watch_feedback(
    site: Annotated[Path, typer.Argument(help="The site's file.")],
    camera: Annotated[
        list[str] | None, typer.Option(help="Only its events; may be given more than once.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="A table of comma-separated values, in a new file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What people said of events, also of cameras and detectors that are gone."""
    with refusals():
        import awry.watch

        result = awry.watch.feedback(site, camera=camera or (), csv=csv)

        def show(found: Told) -> None:
            if csv is None:
                show_rows(found.rows(), "no judgement")
            else:
                show_lines([f"{csv}: {len(found.table)} judgements."])

        show_result(result, as_json, show)
