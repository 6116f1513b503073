"""`awry review`: a person's answers to what `awry sift` found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from awry.cli.options import (
    DeviceName,
    Json,
    Precision,
    console,
    refusals,
    report_failures,
    show_result,
)


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
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """A local page of a sifted archive's moments: mark them, and it learns from that."""
    with refusals():
        import awry

        with awry.review(
            run,
            host=host,
            port=port,
            open=show,
            export=export,
            take_in=take_in,
            device=device,
            precision=precision,
        ) as result:
            show_result(result.to_dict(), as_json, show_review)
            if result.address is not None:
                sys.stdout.flush()  # whoever reads the address from a pipe waits for it
                console().print("Ctrl-C ends it.", highlight=False)
                result.wait()
    report_failures(list(result.refused))


def show_review(result: dict[str, Any]) -> None:
    """Print where the page is, or what was taken in and written."""
    from awry.terminal import Console

    printer = Console()
    sentences = [*result["notes"], *result.get("contradictions", ())]
    if "taken" in result:
        sentences.append(f"{result['taken']} marks taken in.")
    if "exported" in result:
        sentences.append(f"{result['exported']} marks written to {result['to']}.")
    marked = f"{result['abnormal']} marked abnormal, {result['normal']} normal"
    sentences.append(f"{result['run']}: {marked}.")
    if "address" in result:
        if result["read_only"]:
            sentences.append("Another session reviews this run: this page is read-only.")
        sentences.append(f"Review it at {result['address']}")
    for sentence in sentences:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
