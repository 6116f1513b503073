"""The command line: parses, calls, prints. Everything else is imported where it is needed."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awry.errors import AwryError

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    name="awry",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DONE, SOME_FAILED, CANNOT_START = 0, 1, 2
INTERRUPTED = 130

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Data = Annotated[Path, typer.Option("--data", help="Folder of a data set, or with train/ in it.")]
Layout = Annotated[str | None, typer.Option("--format", help="The layout's name, outright.")]
Fps = Annotated[float | None, typer.Option("--fps", min=0.01, help="Of image folders.")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of a setting.")]


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """Errors become one line on standard error and exit code 2; Ctrl-C becomes 130.

    Warnings become lines on standard error too.
    """
    import warnings

    def show(message: Any, *_: Any, **__: Any) -> None:
        typer.echo(f"awry: {message}", err=True)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = show
            yield
    except (AwryError, OSError) as error:
        typer.echo(f"awry: {error}", err=True)
        raise typer.Exit(CANNOT_START) from error
    except KeyboardInterrupt as error:
        typer.echo(f"awry: {error or 'stopped'}", err=True)
        raise typer.Exit(INTERRUPTED) from error


def _print(value: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")
    else:
        show(value)


def _report_failures(failed: list[str], *, interrupted: bool = False) -> None:
    """List what failed; end with exit code 1 if anything did, or 130 after Ctrl-C."""
    for sentence in failed:
        typer.echo(f"awry: {sentence}", err=True)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where report, video and bundle go.")] = Path(
        "demo-out"
    ),
    seed: Annotated[int, typer.Option(help="Every random choice follows from it.")] = 0,
    as_json: Json = False,
) -> None:
    """Fit, score and evaluate DAML on moving digits: no data needed, about five minutes."""
    with _refusals():
        from awry.commands.demo import run_demo, show_demo

        _print(run_demo(out, seed, _console()), as_json, show_demo)


@app.command()
def fit(
    method: Annotated[str, typer.Argument(help="See: awry methods.")],
    data: Data,
    out: Annotated[Path, typer.Option(help="The bundle's folder.")],
    layout: Layout = None,
    preset: Annotated[str, typer.Option(help="paper, cpu, tiny, ...")] = "cpu",
    changes: Changes = None,
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
    with _refusals():
        from awry.commands.fit import parse_changes, run_fit, show_fit
        from awry.datasets import open_dataset
        from awry.fitting import FitOptions
        from awry.registry import method_class
        from awry.scoring.calibration import Budget
        from awry.training.split import Exclusion

        options = FitOptions(
            preset=preset,
            changes=parse_changes(changes or []),
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
        summary = run_fit(method, found, out, options, _console())
        _print(summary, as_json, show_fit)
    _report_failures(summary["failed"])


@app.command()
def score(
    bundle: Path,
    sources: Annotated[list[str], typer.Argument(help="Videos, folders, streams, cameras.")],
    out: Annotated[Path, typer.Option(help="Scores: .csv, .jsonl or .parquet.")],
    regions: Annotated[Path | None, typer.Option(help="Boxes, likewise.")] = None,
    events: Annotated[Path | None, typer.Option(help="Alarms, likewise.")] = None,
    maps: Annotated[Path | None, typer.Option(help="Folder for anomaly maps.")] = None,
    overlay: Annotated[Path | None, typer.Option(help="A video to look at; one a source.")] = None,
    scene: Annotated[str, typer.Option(help="Which fitted scene this is.")] = "*",
    parts: Annotated[list[str] | None, typer.Option(help="Extra parts; all for every one.")] = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Score new video: per frame, and regions, alarms, maps or an overlay where asked."""
    with _refusals():
        from awry.commands.score import ScoreOptions, run_score, show_score
        from awry.detector import Detector

        options = ScoreOptions(out, regions, events, maps, overlay, scene, tuple(parts or ()), fps)
        summary = run_score(Detector.load(bundle), sources, options, _console())
        _print(summary, as_json, show_score)
    _report_failures(summary["failed"], interrupted=summary["interrupted"])


@app.command()
def evaluate(
    bundle: Path,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and report.html.")],
    layout: Layout = None,
    parts: Annotated[list[str] | None, typer.Option(help="Extra parts; all for every one.")] = None,
    flow: Annotated[bool, typer.Option(help="Measure the motion reference too.")] = True,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """Measure a bundle on a data set's labelled test clips; write a report."""
    with _refusals():
        from awry.commands.evaluate import EvaluateOptions, run_evaluate, show_metrics
        from awry.datasets import open_dataset
        from awry.detector import Detector

        found = open_dataset(data, format=layout, fps=fps)
        options = EvaluateOptions(parts=tuple(parts or ()), flow=flow)
        metrics = run_evaluate(Detector.load(bundle), found, out, options, _console())
        _print(metrics, as_json, show_metrics)
    _report_failures(metrics["failed"])


@app.command()
def datasets(
    folder: Annotated[Path | None, typer.Argument(help="What is in it?")] = None,
    layout: Layout = None,
    fps: Fps = None,
    as_json: Json = False,
) -> None:
    """List the known data sets and how to get them, or what was found in a folder."""
    with _refusals():
        from awry.commands import inspect

        if folder is not None or layout is not None:
            found = inspect.describe_dataset(folder, layout, fps)
            _print(found, as_json, inspect.show_dataset)
        else:
            _print(inspect.list_layouts(), as_json, inspect.show_layouts)


@app.command()
def methods(as_json: Json = False) -> None:
    """List the methods with their presets and settings."""
    with _refusals():
        from awry.commands import inspect

        _print(inspect.list_methods(), as_json, inspect.show_methods)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and what to do about it."""
    with _refusals():
        from awry.commands import inspect

        _print(inspect.examine(), as_json, inspect.show_examination)


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
