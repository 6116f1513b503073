"""`awry evaluate`, `reproduce`, `robustness` and `compare`: measuring on data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from awry.cli.options import (
    Changes,
    Classifiers,
    Data,
    Depths,
    Detectors,
    Fps,
    Json,
    Layout,
    OtherBudget,
    OtherThreshold,
    Overwrite,
    console,
    load,
    parse_changes,
    refusals,
    report_failures,
    show_result,
)
from awry.errors import ConfigError

ROBUSTNESS = {"robustness.json": "json", "settings.json": "json", "frames": "frames"} | {
    f"robustness{what}.{ending}": "picture"
    for what in ("", "-false-alarms", "-threshold")
    for ending in ("png", "svg")
}


def reproduce(
    table: Annotated[str | None, typer.Argument(help="E.g. daml-table5; none: list all.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of one data set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for fits and figures.")] = None,
    scale: Annotated[str, typer.Option(help="The method's preset: cpu, tiny, paper.")] = "cpu",
    seeds: Annotated[str, typer.Option(help="One fit each.")] = "0,1,2",
    cells: Annotated[str, typer.Option(help="Pattern of cells' names, with * and ?.")] = "*",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    dataset: Annotated[
        str | None, typer.Option(help="Which of the table's data sets the data are.")
    ] = None,
    overwrite: Overwrite = False,
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Run a published table's cells and show our figures beside the paper's, or list tables.

    Finished fits are not run again, an interrupted one goes on: give the same command again.
    """
    with refusals():
        from awry.cli import show_published as published
        from awry.studies.published import cells_of, published_table, published_tables

        if table is None:
            tables = [each.to_dict() for each in published_tables()]
            show_result(tables, as_json, published.show_tables)
            return
        if data is None and out is None:
            show_result(published_table(table).to_dict(), as_json, published.show_table)
            return
        if data is None or out is None:
            raise ConfigError("To run a table, give both --data and --out.")
        from awry.datasets import open_dataset
        from awry.fitting import teacher_settings
        from awry.output.places import check_folder
        from awry.studies.cells import whole_numbers
        from awry.studies.reproduce import ReproduceOptions, run_reproduce

        numbers = whole_numbers(seeds, "--seeds", lowest=0)
        given = parse_changes(changes or []) | teacher_settings(detector, classifier, depth)
        options = ReproduceOptions(scale, tuple(numbers), cells, dataset, given)
        cells_of(table)
        files = {f"{table}.json": "json", "frames": "frames"}
        check_folder("--out", out, files, [data], overwrite=overwrite)
        found = open_dataset(data, format=layout, fps=fps)
        summary = run_reproduce(table, found, out, options, console())
        show_result(summary, as_json, published.show_reproduction)
    report_failures(summary["failed"])


def robustness(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for cells, robustness.json and plots.")],
    bundle: Annotated[Path | None, typer.Argument(help="Measure it on spoiled frames.")] = None,
    corruptions: Annotated[
        str | None, typer.Option(help="Which, with commas between; all if not given.")
    ] = None,
    severities: Annotated[str | None, typer.Option(help="Of 1 to 5; default 1,3,5.")] = None,
    refit: Annotated[str | None, typer.Option(help="Fit this method instead.")] = None,
    subsample: Annotated[str | None, typer.Option(help="Keep each n-th frame: 1,2,4")] = None,
    contaminate: Annotated[
        str | None, typer.Option(help="Abnormal frames in training: 0,100,400")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Of the fits; default tiny.")] = None,
    changes: Changes = None,
    parts: Annotated[str, typer.Option(help="Extra parts, with commas between.")] = "all",
    clips: Annotated[
        str | None, typer.Option(help="So many test clips, or names like 'Test00*'.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    budget: OtherBudget = None,
    threshold: OtherThreshold = None,
    overwrite: Overwrite = False,
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle in bad weather, or a method with fewer or impure frames; resumable."""
    with refusals():
        from awry.datasets import open_dataset
        from awry.output.places import check_folder
        from awry.studies import refit as refits
        from awry.studies import robustness as runs

        spoiling = {
            "--corruptions": corruptions,
            "--severities": severities,
            "--budget": budget,
            "--threshold": threshold is not None,
        }
        refitting = {"--subsample": subsample, "--contaminate": contaminate}
        fitting = {**refitting, "--preset": preset, "--set": changes or None}
        runs.check_choice(bundle, refit, spoiling, refitting, fitting)
        reads = [data, *([bundle] if bundle else [])]
        check_folder("--out", out, ROBUSTNESS, reads, overwrite=overwrite)
        wanted = tuple(part.strip() for part in parts.split(",") if part.strip())
        if bundle is not None:
            options = runs.RobustnessOptions.parse(corruptions, severities, wanted, clips, seed)
            detector = load(bundle, budget, threshold)
            found = open_dataset(data, format=layout, fps=fps)
            result = runs.run_robustness(detector, found, out, options, console())
            show_result(result, as_json, runs.show_robustness)
        else:
            assert refit is not None
            settings = (preset or "tiny", parse_changes(changes or []), wanted, clips, seed)
            fits = refits.RefitOptions.parse(refit, subsample, contaminate, *settings)
            found = open_dataset(data, format=layout, fps=fps)
            result = refits.run_refit(found, out, fits, console())
            show_result(result, as_json, refits.show_refit)
    report_failures(result["failed"])


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(help="metrics.json files or their folders, or NAME=PATH; the base first."),
    ],
    select: Annotated[
        list[str] | None, typer.Option("--figure", help="Pattern: 'frame.*', 'event.f1'; or all.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the table as HTML, CSV, JSON, and plots.")
    ] = None,
    despite_differences: Annotated[
        bool, typer.Option("--despite-differences", help="Compare although measured unlike.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Measurements side by side, with the paired interval of each difference from the first."""
    with refusals():
        from awry.cli.show_compare import run_compare, show_comparison

        found = run_compare(
            runs,
            despite_differences=despite_differences,
            select=select or (),
            out=out,
            overwrite=overwrite,
        )
        show_result(found, as_json, show_comparison)
