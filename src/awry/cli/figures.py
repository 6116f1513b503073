"""`awry figures`: the papers' figures, listed with what they need, or made here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Changes,
    Classifiers,
    Depths,
    Detectors,
    DeviceName,
    Fps,
    Json,
    Layout,
    OtherThreshold,
    Overwrite,
    Precision,
    parse_changes,
    refusals,
    report_failures,
    reporting,
    show_result,
)
from awry.cli.printed import print_sentences

if TYPE_CHECKING:
    from awry.studies.figures import FigureList, FiguresResult


def figures(
    name: Annotated[
        str | None, typer.Argument(help="E.g. daml-fig7, 'daml-*'; none: list all.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of one data set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for pictures and fits.")] = None,
    bundle: Annotated[
        list[Path] | None,
        typer.Option(help="In place of a fit; repeat where a figure compares several."),
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="The method's preset: cpu, tiny, paper; else the figure's.")
    ] = None,
    seed: Annotated[str, typer.Option(help="Of the fits; 0,1,2 where a figure has a mean.")] = "0",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    clip: Annotated[str | None, typer.Option(help="Test clips by name, with * and ?.")] = None,
    frames: Annotated[str | None, typer.Option(help="Frames to show, from 0: 12,40.")] = None,
    amounts: Annotated[str | None, typer.Option(help="Steps along the axis: 1,2,4.")] = None,
    methods: Annotated[
        str | None, typer.Option(help="Beside the paper's own, where a figure compares.")
    ] = None,
    threshold: OtherThreshold = None,
    overwrite: Overwrite = False,
    layout: Layout = None,
    fps: Fps = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Make a paper's figure from bundles or by fitting, or list figures with what they need.

    With --out it is made: OUT/NAME.png, and the numbers in OUT/NAME.json.
    """
    with refusals():
        import awry

        settings = parse_changes(changes or [])
        if name is None or out is None:
            listed = awry.published_figures(
                name or "*",
                data=data,
                scale=scale,
                changes=settings,
                detector=detector,
                classifier=classifier,
                depth=depth,
                format=layout,
                fps=fps,
            )
            show_result(listed, as_json, show_list if name is None else show_needs)
            return
        with reporting() as reporter:
            result = awry.figures(
                name,
                data=data,
                out=out,
                bundle=bundle or None,
                scale=scale,
                seed=seed,
                changes=settings,
                detector=detector,
                classifier=classifier,
                depth=depth,
                clip=clip,
                frames=frames,
                amounts=amounts,
                methods=methods,
                threshold=threshold,
                overwrite=overwrite,
                format=layout,
                fps=fps,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_figures)
    report_failures(result.failed)


def show_list(figures: FigureList) -> None:
    """Print the list of figures."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    grid = Table("figure", "in", "shows", "the paper's data", "missing here")
    made = [figure for figure in figures if not figure.why_not]
    counts = Counter(sentence for figure in made for sentence in figure.missing)
    often = {sentence: count for sentence, count in counts.items() if 2 * count > len(made) > 1}
    for figure in figures:
        here = [sentence for sentence in figure.missing if sentence not in often]
        missing = "a drawing: not made" if figure.why_not else "\n".join(here) or "-"
        data = ", ".join(figure.data_sets)
        grid.add_row(figure.figure, figure.printed, escape(figure.shows), data, escape(missing))
    printer.print(grid)
    for sentence, count in often.items():
        print_sentences([f"Missing for {count} of {len(made)} figures: {sentence}"])
    printer.print("awry figures NAME says what a figure needs; with --out it makes it.")


def show_needs(figures: FigureList) -> None:
    """Print single figures with all that they need."""
    for figure in figures:
        print_sentences([f"{figure.figure}: {figure.printed} of {figure.paper}. {figure.shows}."])
        if figure.why_not:
            print_sentences([f"Not made: {figure.why_not}."])
            continue
        print_sentences([f"  {figure.command}"])
        print_sentences(f"  needs: {sentence}" for sentence in figure.needs)
        print_sentences(f"  missing: {sentence}" for sentence in figure.missing)


def show_figures(result: FiguresResult) -> None:
    """Print which pictures were made, and what must be known of them."""
    for figure in result.made:
        for picture in figure.pictures:
            print_sentences([f"{figure.figure} ({figure.printed}, {figure.shows}): {picture}"])
        print_sentences([f"  numbers: {figure.numbers}"])
        print_sentences(f"  {note}" for note in figure.notes)
