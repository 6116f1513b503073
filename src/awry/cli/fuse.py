"""`awry fuse`: fitted bundles as one detector."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from awry.cli.fit import show_fit
from awry.cli.options import (
    Calibration,
    Changes,
    Data,
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


def fuse(
    bundles: Annotated[list[Path], typer.Argument(help="Two or more fitted bundles.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="The new bundle's folder.")],
    layout: Layout = None,
    changes: Changes = None,
    budget: Annotated[str, typer.Option(help="False alarms allowed.")] = "2/hour",
    validation: Validation = None,
    calibration: Calibration = None,
    max_frames: Annotated[int | None, typer.Option(min=1, help="Most frames of a clip.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for resized frames.")] = None,
    cache_size: Annotated[float, typer.Option(min=0.001, help="Its limit in GiB.")] = 8.0,
    overwrite: Overwrite = False,
    fps: Fps = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Make one detector of several fitted ones; none of them is fitted again."""
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.fuse(
                bundles,
                data,
                out=out,
                format=layout,
                changes=parse_changes(changes or []),
                budget=budget,
                validation=validation,
                calibration=calibration,
                max_frames=max_frames,
                cache=cache,
                cache_size=cache_size,
                overwrite=overwrite,
                fps=fps,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_fit)
    report_failures(result.failed)
