"""`awry export` and `awry bench`: other runtimes than PyTorch, and how fast they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import (
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


def export(
    bundle: Annotated[Path | None, typer.Argument(help="A fitted bundle.")] = None,
    to: Annotated[str | None, typer.Option(help="onnx, if nothing is said, or openvino.")] = None,
    out: Annotated[Path | None, typer.Option(help="The exported bundle's folder.")] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Quantise; needs --data or --clip.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="The camera's data set: compare on it, measure int8 on it.")
    ] = None,
    clip: Annotated[str | None, typer.Option(help="A normal video of the camera instead.")] = None,
    layout: Layout = None,
    fps: Fps = None,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0, help="Relative difference of a score that fp32 may have: 0.0001."),
    ] = None,
    bound: Annotated[
        float | None, typer.Option(min=0, help="Micro AUC that int8 may lose on --data: 0.01.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Keep int8 beyond --bound.")] = False,
    overwrite: Overwrite = False,
    check: Annotated[
        Path | None, typer.Option(help="Compare an exported bundle again, on this machine.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Export a bundle to another runtime, and refuse where it scores otherwise than PyTorch.

    Every command takes the exported bundle like any other.
    """
    with refusals():
        from awry.datasets import open_dataset
        from awry.exporting import ExportOptions, check_exported
        from awry.exporting.checked import ExportCommand, run_check, run_export, show_export
        from awry.output.places import Place, check_places

        given = None if data is None else open_dataset(data, format=layout, fps=fps)
        if check is not None:
            if bundle is not None or out is not None or to is not None or int8 or force:
                raise ConfigError(
                    "--check DIR exports nothing; it takes --data or --clip, --tolerance, --bound."
                )
            command = ExportCommand(ExportOptions(tolerance=tolerance), given, clip, bound)
            found = run_check(check, command, console())
        elif bundle is None or out is None:
            raise ConfigError("Give a bundle and --out DIR, or --check DIR.")
        else:
            reads = [one for one in (bundle, data, clip) if one is not None]
            check_places([Place("--out", out, "bundle")], reads, overwrite=overwrite)
            check_exported(out, overwrite)
            options = ExportOptions(to or "onnx", int8, tolerance)
            command = ExportCommand(options, given, clip, bound, force)
            found = run_export(bundle, out, command, console())
        show_result(found, as_json, show_export)
        report_failures(found.get("failed", []))
