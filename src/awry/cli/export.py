"""`awry export`: a bundle for another runtime than PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Fps,
    Json,
    Layout,
    Overwrite,
    refusals,
    report_failures,
    reporting,
    show_result,
)

if TYPE_CHECKING:
    from awry.exporting.export import ExportResult


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
        import awry

        with reporting() as reporter:
            result = awry.export(
                bundle,
                to=to,
                out=out,
                int8=int8,
                data=data,
                clip=clip,
                format=layout,
                fps=fps,
                tolerance=tolerance,
                bound=bound,
                force=force,
                overwrite=overwrite,
                check=check,
                reporter=reporter,
            )
        show_result(result, as_json, show_export)
        report_failures(result.failed)


def show_export(result: ExportResult) -> None:
    """Print what was exported and how far it is from PyTorch."""
    from awry.terminal import Console, Table

    parity, facts = result.parity, result.facts
    table = Table(title=f"{result.bundle}: {result.runtime}, {result.precision}")
    table.add_column("compared with PyTorch")
    for title in ("largest relative difference", "ms: PyTorch", "here"):
        table.add_column(title, justify="right")
    table.add_row(f"scores of {parity['frames']} frames", f"{parity['score']:.2g}")
    for name, value in parity["networks"].items():
        unseen = " (random inputs)" if name in parity["unseen"] else ""
        times = (f"{value:.1f}" for value in parity["ms"][name])
        table.add_row(f"network {name}{unseen}", f"{value:.2g}", *times)
    console = Console()
    console.print(table)
    eager, exported = map(sum, zip(*parity["ms"].values(), strict=True))
    if exported > eager:
        console.print("Its networks are slower here than PyTorch's: another runtime may suit.")
    if result.precision == "int8" and result.accuracy is None:
        console.print("No labelled test clips were given: its accuracy was not measured here.")
    for key, where in (
        ("accuracy", ""),
        ("accuracy_at_export", f" when it was exported, on {facts['machine']}"),
    ):
        if key in facts:
            before, after = facts[key]["before"], facts[key]["after"]
            console.print(f"micro AUC {before:.4f} -> {after:.4f}{where}")
