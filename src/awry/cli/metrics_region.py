"""`awry metrics region`: RBDC and TBDC of anybody's detections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from awry.cli.options import Json, print_noted, refusals


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
        import awry
        from awry.cli.tables import show_figures

        result = awry.measure.region(
            tracks,
            detections,
            frames,
            compat=compat,
            alpha=alpha,
            beta=beta,
            inverted=cast(Any, inverted),  # checked there
            size=size,
            tracks_first_frame=tracks_first_frame,
            detections_first_frame=detections_first_frame,
        )
        print_noted(result.to_dict(), as_json, show_figures)
