"""`awry survey`: every method on every scene with every seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Changes,
    Classifiers,
    Depths,
    Detectors,
    DeviceName,
    Json,
    Overwrite,
    Precision,
    parse_changes,
    refusals,
    report_failures,
    reporting,
    show_result,
)

if TYPE_CHECKING:
    from awry.studies.survey import SurveyCell, SurveyResult

SHOWN = {
    "micro": "micro AUC",
    "micro_smoothed": "smoothed",
    "macro": "within clips",
    "macro_smoothed": "smoothed",
    "rbdc": "RBDC",
    "tbdc": "TBDC",
    "event_recall": "events found",
    "normal_in_alarm": "normal in alarm",
}


def survey(
    methods: Annotated[list[str], typer.Argument(help="Names of methods.")],
    scenes: Annotated[list[str], typer.Option(help="NAME=DIR of a data set; repeat it.")],
    out: Annotated[Path, typer.Option(help="Folder for fits and figures.")],
    preset: Annotated[str, typer.Option(help="Of every method.")] = "cpu",
    seeds: Annotated[str, typer.Option(help="One fit each.")] = "0,1,2",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    overwrite: Overwrite = False,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Fit and measure every method on every scene with every seed.

    What was measured is not measured again, an interrupted fit goes on: give the same command
    again.
    """
    with refusals():
        import awry

        with reporting() as reporter:
            result = awry.survey(
                methods,
                scenes={name: str(place) for name, place in parse_changes(scenes).items()},
                out=out,
                preset=preset,
                seeds=seeds,
                changes=parse_changes(changes or []),
                detector=detector,
                classifier=classifier,
                depth=depth,
                overwrite=overwrite,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_survey)
    report_failures(result.failed)


def show_survey(result: SurveyResult) -> None:
    """Print one table for each scene; the rows that learn nothing stand below the methods."""
    from awry.terminal import Console, Table

    console = Console()
    for scene in dict.fromkeys(cell.scene for cell in result.cells):
        table = Table("method", *SHOWN.values(), "fit", "ms a frame", title=scene)
        for cell in result.cells:
            if cell.scene == scene:
                table.add_row(cell.method, *[_figure(cell, name) for name in SHOWN], *_cost(cell))
        for name, row in result.references.get(scene, {}).items():
            values = [_percent(row.get(figure)) for figure in SHOWN]
            table.add_row(name, *values, "-", "-")
        console.print(table)
    console.print(
        f"Per cent, mean and standard deviation over {len(result.seeds)} seeds. flow, constant and "
        "triangle learn nothing."
    )


def _figure(cell: SurveyCell, name: str) -> str:
    deviation = cell.deviation(name)
    spread = "" if deviation is None else f" ± {100 * deviation:.1f}"
    return _percent(cell.mean(name)) + spread


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _cost(cell: SurveyCell) -> tuple[str, str]:
    """Minutes of the longest fit, and milliseconds a frame of the slowest run."""
    runs = list(cell.by_seed.values())
    if not runs:
        return "-", "-"
    minutes = max(run["fit_seconds"] for run in runs) / 60
    slowest = max(run["ms_per_frame"] or 0.0 for run in runs)
    return f"{minutes:.1f} min", f"{slowest:.0f}"
