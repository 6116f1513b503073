"""The command line: parses, calls, prints. Everything else is imported where it is needed."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from awry.cli_export import bench_app, export
from awry.cli_metrics import metrics_app
from awry.cli_options import (
    CANNOT_START,
    DONE,
    Changes,
    Classifiers,
    Data,
    Depths,
    Detectors,
    Fps,
    Json,
    Layout,
    OtherBudget,
    console,
    load,
    refusals,
    report_failures,
    show_result,
)
from awry.errors import ConfigError

app = typer.Typer(
    name="awry",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(
    metrics_app, name="metrics", help="Measure plain files of any detector as the protocol says."
)


app.command()(export)
app.add_typer(bench_app, name="bench")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where report, video and bundle go.")] = Path(
        "demo-out"
    ),
    method: Annotated[str, typer.Option(help="One with a preset for it: daml, ssmtl.")] = "daml",
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    as_json: Json = False,
) -> None:
    """Fit, score and evaluate a method on moving digits: no data needed, about five minutes."""
    with refusals():
        from awry.commands.demo import run_demo, show_demo

        show_result(run_demo(method, out, seed, console()), as_json, show_demo)


@app.command()
def fit(
    method: Annotated[str, typer.Argument(help="See: awry methods.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="The bundle's folder.")],
    layout: Layout = None,
    preset: Annotated[str, typer.Option(help="paper, cpu, tiny, ...")] = "cpu",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a fit stopped.")] = False,
    per_scene: Annotated[bool, typer.Option("--per-scene", help="One model a scene.")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="rows:0-23, rectangle:x0,y0,x1,y1 or polygon:x,y;x,y;x,y"),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="CLIP:FIRST-LAST that was not normal after all.")
    ] = None,
    budget: Annotated[str, typer.Option(help="False alarms allowed.")] = "2/hour",
    every: Annotated[int, typer.Option(min=1, help="Keep each n-th frame.")] = 1,
    max_frames: Annotated[int | None, typer.Option(min=1, help="Most frames of a clip.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for resized frames.")] = None,
    cache_size: Annotated[float, typer.Option(min=0.001, help="Its limit in GiB.")] = 8.0,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Learn what is normal from a data set's training part; write a bundle."""
    with refusals():
        from awry.commands.fit import chosen_teachers, parse_changes, run_fit, show_fit
        from awry.datasets import open_dataset
        from awry.fitting import FitOptions
        from awry.registry import method_class
        from awry.scoring.calibration import Budget
        from awry.training.split import Exclusion

        options = FitOptions(
            preset=preset,
            changes=parse_changes(changes or []) | chosen_teachers(detector, classifier, depth),
            seed=seed,
            per_scene=per_scene,
            ignore=tuple(ignore or ()),
            budget=Budget.parse(budget),
            every=every,
            max_frames=max_frames,
            exclude=tuple(Exclusion.parse(text) for text in exclude or ()),
            cache=cache,
            cache_gib=cache_size,
            resume=resume,
        )
        method_class(method).configure(preset, options.changes)
        found = open_dataset(data, format=layout, fps=fps)
        summary = run_fit(method, found, out, options, console())
        show_result(summary, as_json, show_fit)
    report_failures(summary["failed"])


@app.command()
def score(
    bundle: Path,
    sources: Annotated[list[str], typer.Argument(help="Videos, folders, streams, cameras.")],
    out: Annotated[Path, typer.Option(help="Scores: .csv, .jsonl or .parquet.")],
    regions: Annotated[Path | None, typer.Option(help="Boxes, likewise.")] = None,
    events: Annotated[Path | None, typer.Option(help="Alarms, likewise.")] = None,
    maps: Annotated[Path | None, typer.Option(help="Folder for anomaly maps.")] = None,
    overlay: Annotated[Path | None, typer.Option(help="A video to look at; one a source.")] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="A further bundle for the same frames; its name joins its outputs'."),
    ] = None,
    scene: Annotated[str, typer.Option(help="Which fitted scene this is.")] = "*",
    parts: Annotated[list[str] | None, typer.Option(help="Extra parts; all for every one.")] = None,
    budget: OtherBudget = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Score new video: per frame, and regions, alarms, maps or an overlay where asked."""
    with refusals():
        from awry.commands.score import ScoreOptions, run_score, show_score

        options = ScoreOptions(out, regions, events, maps, overlay, scene, tuple(parts or ()), fps)
        others = {path.name: load(path, budget) for path in also or ()}
        if len(others) < len(also or ()):
            raise ConfigError("Two bundles of --also have one name: their outputs would be one.")
        summary = run_score(load(bundle, budget), sources, options, console(), others)
        show_result(summary, as_json, show_score)
    report_failures(summary["failed"], interrupted=summary["interrupted"])


@app.command()
def sift(
    out: Annotated[Path, typer.Option(help="The run's folder.")],
    sources: Annotated[list[str] | None, typer.Argument(help="Videos and folders.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of a data set, instead of sources.")
    ] = None,
    merged: Annotated[
        bool, typer.Option("--merged", help="Its train and test clips together.")
    ] = False,
    scene: Annotated[str | None, typer.Option(help="Clips of this scene of it alone.")] = None,
    layout: Layout = None,
    preset: Annotated[str, typer.Option(help="paper, cpu, tiny.")] = "cpu",
    changes: Changes = None,
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run stopped.")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            help="rows:0-23, rectangle:x0,y0,x1,y1 or polygon:x,y;x,y;x,y; none: a data set's "
            "pictures as they are."
        ),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Take each n-th frame.")] = 1,
    cache_size: Annotated[
        float, typer.Option(min=0.001, help="Most GiB for the frames' activations.")
    ] = 40.0,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Rank an archive without a label: what is strange comes first."""
    with refusals():
        from awry.commands import sift as sifting
        from awry.commands.fit import parse_changes
        from awry.sifting import SiftOptions

        if bool(sources) == (data is not None or layout is not None):
            raise ConfigError("Give either sources, or --data DIR --merged.")
        if not sources and not merged:
            raise ConfigError(
                "A data set is sifted whole, train and test clips together: add --merged. "
                "(awry fit sdor learns from the training part alone.)"
            )
        options = SiftOptions(
            preset,
            parse_changes(changes or []),
            seed,
            tuple(ignore or ()),
            every,
            cache_size,
            resume,
        )
        if sources:
            given = sifting.given_sources(sources, fps)
        else:
            given = sifting.given_dataset(data, layout, scene, fps)
        summary = sifting.run_sift(given, out, options, console())
        show_result(summary, as_json, sifting.show_sift)
    report_failures(summary["failed"])


@app.command()
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
    as_json: Json = False,
) -> None:
    """A local page of a sifted archive's moments: mark them, and it learns from that."""
    with refusals():
        from awry.commands.review import run_review, show_review

        refused = run_review(
            run,
            host=host,
            port=port,
            show=show,
            take_in=take_in,
            export=export,
            console=console(),
            announce=lambda summary: show_result(summary, as_json, show_review),
        )
    report_failures(refused)


@app.command()
def evaluate(
    bundle: Path,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and report.html.")],
    layout: Layout = None,
    parts: Annotated[list[str] | None, typer.Option(help="Extra parts; all for every one.")] = None,
    flow: Annotated[bool, typer.Option(help="Measure the motion reference too.")] = True,
    merged: Annotated[
        bool, typer.Option("--merged", help="A sifted run, on the train and test clips that it saw")
    ] = False,
    interactions: Annotated[
        int, typer.Option(min=0, help="Of a sifted run: simulate so many rounds of feedback.")
    ] = 0,
    budget: OtherBudget = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder where what teachers say of frames is kept.")
    ] = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle on a data set's labelled test clips, or a sifted run; write a report."""
    with refusals():
        from awry.commands.evaluate import EvaluateOptions, run_evaluate, show_metrics
        from awry.datasets import open_dataset
        from awry.sifting.run import is_run

        if is_run(bundle) != merged:
            raise ConfigError(
                f"{bundle} is a sifted run: it is measured on the frames that it saw; add --merged."
                if is_run(bundle)
                else f"--merged is for what awry sift made; {bundle} is not such a run."
            )
        if merged:
            from awry.commands import evaluate_run as runs

            chosen = runs.EvaluateRunOptions(layout, fps, interactions=interactions)
            metrics = runs.run_evaluate_run(bundle, data, out, chosen, console())
            show_result(metrics, as_json, runs.show_run_metrics)
            report_failures(metrics["failed"])
            return
        found = open_dataset(data, format=layout, fps=fps)
        options = EvaluateOptions(parts=tuple(parts or ()), flow=flow, cache=cache)
        metrics = run_evaluate(load(bundle, budget), found, out, options, console())
        show_result(metrics, as_json, show_metrics)
    report_failures(metrics["failed"])


@app.command()
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
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Run a published table's cells and show our figures beside the paper's, or list tables.

    Finished fits are not run again, an interrupted one goes on: give the same command again.
    """
    with refusals():
        from awry.commands import published

        if table is None:
            show_result(published.list_tables(), as_json, published.show_tables)
            return
        if data is None and out is None:
            show_result(published.describe_table(table), as_json, published.show_table)
            return
        if data is None or out is None:
            raise ConfigError("To run a table, give both --data and --out.")
        from awry.commands.cells import whole_numbers
        from awry.commands.fit import chosen_teachers, parse_changes
        from awry.commands.reproduce import ReproduceOptions, run_reproduce
        from awry.datasets import open_dataset
        from awry.evaluation.reproduction import cells_of

        numbers = whole_numbers(seeds, "--seeds", lowest=0)
        given = parse_changes(changes or []) | chosen_teachers(detector, classifier, depth)
        options = ReproduceOptions(scale, tuple(numbers), cells, dataset, given)
        cells_of(table)
        found = open_dataset(data, format=layout, fps=fps)
        summary = run_reproduce(table, found, out, options, console())
        show_result(summary, as_json, published.show_reproduction)
    report_failures(summary["failed"])


@app.command()
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
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle in bad weather, or a method with fewer or impure frames; resumable."""
    with refusals():
        from awry.commands import refit as refits
        from awry.commands import robustness as runs
        from awry.commands.fit import parse_changes
        from awry.datasets import open_dataset
        from awry.detector import Detector

        spoiling = {"--corruptions": corruptions, "--severities": severities}
        refitting = {"--subsample": subsample, "--contaminate": contaminate}
        fitting = {**refitting, "--preset": preset, "--set": changes or None}
        runs.check_choice(bundle, refit, spoiling, refitting, fitting)
        wanted = tuple(part.strip() for part in parts.split(",") if part.strip())
        if bundle is not None:
            options = runs.RobustnessOptions.parse(corruptions, severities, wanted, clips, seed)
            detector = Detector.load(bundle)
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


@app.command()
def compare(
    files: Annotated[list[Path], typer.Argument(help="metrics.json files; the first is the base.")],
    despite_differences: Annotated[
        bool, typer.Option("--despite-differences", help="Compare although measured unlike.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measurements side by side, with the paired interval of each difference."""
    with refusals():
        from awry.commands.compare import compare_files, show_comparison

        found = compare_files(files, despite_differences=despite_differences)
        show_result(found, as_json, show_comparison)


@app.command()
def datasets(
    folder: Annotated[Path | None, typer.Argument(help="What is in it?")] = None,
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """List the known data sets and how to get them, or what was found in a folder."""
    with refusals():
        from awry.commands import inspect

        if folder is not None or layout is not None:
            found = inspect.describe_dataset(folder, layout, fps)
            show_result(found, as_json, inspect.show_dataset)
        else:
            show_result(inspect.list_layouts(), as_json, inspect.show_layouts)


@app.command()
def methods(as_json: Json = False) -> None:
    """List the methods with their presets and settings."""
    with refusals():
        from awry.commands import inspect

        show_result(inspect.list_methods(), as_json, inspect.show_methods)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and what to do about it."""
    with refusals():
        from awry.commands import inspect

        show_result(inspect.examine(), as_json, inspect.show_examination)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Learns what is normal for a fixed camera and says when, where and why something is not."""
    if show:
        from importlib.metadata import version as of

        typer.echo(of("awry"))
        raise typer.Exit(DONE)


def main() -> None:
    """Entry point of the command `awry`."""
    try:
        app()
    except Exception:
        # Python's own exit code would be 1, which here means that the rest was done.
        traceback.print_exc()
        typer.echo("awry: this is a fault of awry itself; please report the lines above.", err=True)
        sys.exit(CANNOT_START)
