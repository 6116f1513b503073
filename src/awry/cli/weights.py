"""`awry weights`: ready-made networks that presets want, or one of them converted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import Json, Overwrite, refusals, show_result
from awry.errors import ConfigError

if TYPE_CHECKING:
    from awry.exporting.convert import ConvertedWeights
    from awry.weight_list import ListedWeights, WeightList

STATES = {
    "there": "there",
    "missing": "missing",
    "differs": "there, but not the published file",
    "unknown": "unknown: another package loads it",
}


def weights(
    network: Annotated[
        str | None, typer.Argument(help="yolov3: convert it to ONNX; none: list all.")
    ] = None,
    cfg: Annotated[Path | None, typer.Option(help="Darknet's settings of the network.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Darknet's binary weights.")] = None,
    out: Annotated[Path | None, typer.Option(help="The ONNX file.")] = None,
    check: Annotated[
        Path | None, typer.Option(help="A picture: print what the converted network finds.")
    ] = None,
    overwrite: Overwrite = False,
    method: Annotated[str | None, typer.Option(help="List what this method wants.")] = None,
    preset: Annotated[str | None, typer.Option(help="List what presets of this name want.")] = None,
    as_json: Json = False,
) -> None:
    """List the ready-made networks that presets want, and whether they are here; or convert one.

    Nothing is fetched: the list says where each comes from, its hash and its licences.
    """
    with refusals():
        import awry

        files = {"--cfg": cfg, "--weights": weights, "--out": out, "--check": check}
        if network is None:
            if given := [name for name, file in files.items() if file is not None]:
                raise ConfigError(f"{given[0]} is for converting: awry weights yolov3 ...")
            listed = awry.list_weights(method=method, preset=preset)
            show_result(listed, as_json, show_weights)
            return
        if method is not None or preset is not None:
            raise ConfigError("--method and --preset belong to the list: awry weights alone.")
        converted = awry.convert_weights(
            network, cfg=cfg, weights=weights, out=out, check=check, overwrite=overwrite
        )
        show_result(converted, as_json, show_converted)


def show_weights(listed: WeightList) -> None:
    """Print the networks, one below the other: addresses must stay whole."""
    from awry.terminal import Console

    printer = Console(soft_wrap=True, highlight=False, markup=False)
    for one in listed:
        printer.print(f"{one.facts.what}: {STATES[one.presence.state]}", style="bold")
        for line in _lines(one):
            printer.print(f"  {line}")
    missing = sum(not one.usable for one in listed)
    printer.print(f"{len(listed)} networks, {missing} of them not here. Nothing was fetched.")


def _lines(one: ListedWeights) -> list[str]:
    facts, here = one.facts, one.presence
    by = [f"{by.method} {by.preset} ({by.setting})" for by in one.wanted_by]
    digits = "not published"
    if facts.sha256:
        begins = "begins with " if len(facts.sha256) < 64 else ""
        digits = f"{begins}{facts.sha256}, by {facts.sha256_by}"
    elif facts.sha256_by:
        digits = f"not listed here; {facts.sha256_by}"
    elif facts.made_of:
        digits = f"of the file that it is made of: {facts.made_of}"
    size = "" if facts.size is None else f", {facts.size / 1e6:.0f} MB"
    lines = [
        f"{facts.about}{size}",
        f"wanted by {', '.join(by)}" if by else "wanted by no preset",
        f"from {facts.source}",
        f"SHA-256 {digits}",
        f"licence: code {facts.code_licence}; weights {facts.weights_licence}",
    ]
    if here.path:
        compared = ", SHA-256 as published" if here.checked and here.state == "there" else ""
        lines.append(f"here: {here.path}{compared}")
    if here.state in ("missing", "differs"):
        lines.append(f"to get it: {facts.how}")
    return lines


def show_converted(result: ConvertedWeights) -> None:
    """Print what was converted, and what it finds in the picture."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console(soft_wrap=True, highlight=False, markup=False)
    height, width = result.size
    origin = "the published file" if result.published else "not the published file"
    for sentence in (
        f"{result.out}: {result.network}, {result.layers} layers, {result.convolutions} "
        f"convolutions, {result.numbers} numbers, input {width}x{height}.",
        f"Weights: SHA-256 {result.sha256}, {origin}.",
        f"Largest relative difference from PyTorch: {result.difference:.2g}.",
        f"Use it: --detector onnx:{result.out}",
    ):
        printer.print(sentence)
    if result.found is None:
        return
    if not result.found:
        printer.print("Nothing was found in the picture above the detector's threshold.")
        return
    table = Table("object", "confidence", "x_min", "y_min", "x_max", "y_max")
    for one in result.found:
        sides = (f"{side:.0f}" for side in one.box)
        table.add_row(escape(one.name), f"{one.confidence:.3f}", *sides)
    Console().print(table)
