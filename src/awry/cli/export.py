"""`awry export`: a bundle, or an object detector, for another runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

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
    from collections.abc import Mapping

    from awry.exporting.detector_file import DetectorExport
    from awry.exporting.export import ExportResult


def export(
    bundle: Annotated[Path | None, typer.Argument(help="A fitted bundle.")] = None,
    detector: Annotated[
        str | None, typer.Option(help="onnx:FILE, an object detector in place of a bundle.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="onnx, if nothing is said, or openvino.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The exported bundle's folder, or the detector's file.")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Quantise; needs --data or --clip.")] = False,
    with_detector: Annotated[
        str | None,
        typer.Option(help="fp32 or int8: the bundle carries its object detector's network too."),
    ] = None,
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
        float | None,
        typer.Option(
            min=0,
            help="Micro AUC that int8 may lose: 0.01; with --detector its share of boxes: 0.1.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Keep int8 beyond --bound.")] = False,
    overwrite: Overwrite = False,
    check: Annotated[
        Path | None, typer.Option(help="Compare again what was exported, on this machine.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Export a bundle to another runtime, and refuse where it scores otherwise than PyTorch.

    Every command takes the exported bundle like any other. With --detector, export an object
    detector alone, for the --detector of other commands.
    """
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.export(
                bundle,
                detector=detector,
                to=to,
                out=out,
                int8=int8,
                with_detector=cast(Any, with_detector),
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
        if isinstance(result, awry.DetectorExport):
            show_result(result, as_json, show_detector)
        else:
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
    for what, boxes in result.boxes.items():
        precision = facts["detectors"][what]["precision"]
        table.add_row(f"detector, {precision} ({_found(boxes)})", f"{boxes['difference']:.2g}",
                      *(f"{value:.1f}" for value in boxes["ms"]))  # fmt: skip
    console.print(table)
    eager, exported = (sum(pair[place] for pair in parity["ms"].values()) for place in (0, 1))
    if exported > eager:
        console.print("Its networks are slower here than PyTorch's: another runtime may suit.")
    if "with_detector" in facts:
        apart = facts["with_detector"]["score"]
        console.print(f"With the exported detector scores differ by up to {apart:.2g} relative.")
    precisions = {about["precision"] for about in facts.get("detectors", {}).values()}
    if "int8" in {result.precision, *precisions} and result.accuracy is None:
        console.print("No labelled test clips were given: its accuracy was not measured here.")
    for key, where in (
        ("accuracy", ""),
        ("accuracy_at_export", f" when it was exported, on {facts['machine']}"),
    ):
        if key in facts:
            before, after = facts[key]["before"], facts[key]["after"]
            console.print(f"micro AUC {before:.4f} -> {after:.4f}{where}")


def show_detector(result: DetectorExport) -> None:
    """Print what an object detector became, and how far its boxes are from the original's."""
    from awry.terminal import Console

    facts, boxes = result.facts, result.boxes
    console = Console()
    console.print(f"{facts['original']} in {facts['runtime']}, {facts['precision']}")
    console.print(f"{boxes['pictures']} pictures: {_found(boxes)}")
    console.print(f"largest relative difference of an output {boxes['difference']:.2g}")
    original, exported = boxes["ms"]
    console.print(f"one picture takes {original:.1f} ms as it was, {exported:.1f} ms exported")
    console.print(f"--detector {result.detector}")


def _found(boxes: Mapping[str, Any]) -> str:
    """Boxes that an exported detector finds or not, in words."""
    if not boxes["boxes"]:
        return "no boxes"
    return (
        f"{boxes['lost']:.1%} of {boxes['boxes']} boxes lost, {boxes['new']:.1%} new, IoU "
        f"{boxes['iou']:.3f}, confidence off by {boxes['confidence']:.3f}"
    )
