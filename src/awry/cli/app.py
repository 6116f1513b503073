"""The command line: parses, calls, prints. Everything else is imported where it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from awry.cli.alarms import alarms
from awry.cli.bench import bench_app
from awry.cli.compare import compare
from awry.cli.datasets import datasets
from awry.cli.demo import demo
from awry.cli.doctor import doctor
from awry.cli.evaluate import evaluate
from awry.cli.export import export
from awry.cli.fit import fit
from awry.cli.methods import methods
from awry.cli.metrics import metrics_app
from awry.cli.options import (
    CANNOT_START,
    DONE,
    Fps,
    Json,
    OtherBudget,
    OtherThreshold,
    Overwrite,
    console,
    load,
    nobody_reads,
    refusals,
    report_failures,
    say,
    show_result,
    shown,
)
from awry.cli.reproduce import reproduce
from awry.cli.review import review
from awry.cli.robustness import robustness
from awry.cli.sift import sift
from awry.errors import ConfigError
from awry.interrupts import stop_on_signals


class _Commands(TyperGroup):
    """The commands; what is said of wrong words shows no secrets of addresses."""

    def invoke(self, ctx: Any) -> Any:
        """As Typer's."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(getattr(error, "message", None), str):
                error.message = shown(error.message)  # type: ignore[attr-defined]
            raise


app = typer.Typer(
    name="awry",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

app.add_typer(
    metrics_app, name="metrics", help="Measure plain files of any detector as the protocol says."
)
app.add_typer(bench_app, name="bench")
app.command()(demo)


app.command()(fit)


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
    threshold: OtherThreshold = None,
    escape_formulas: Annotated[
        bool, typer.Option("--escape-formulas", help="For spreadsheets: names like =1+1 in CSV.")
    ] = False,
    overwrite: Overwrite = False,
    fps: Fps = None,
    reconnect: Annotated[
        bool, typer.Option("--reconnect", help="Open a lost stream or camera anew, for ever.")
    ] = False,
    reconnect_attempts: Annotated[
        int | None, typer.Option(min=1, help="Likewise, but give up after so many in a row.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="When the first frame was taken: 2026-11-28T22:00, with +01:00 or not."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Score new video: per frame, and regions, alarms, maps or an overlay where asked."""
    with refusals():
        from awry.cli.show_score import run_score, show_score
        from awry.score_run import ScoreOptions
        from awry.video.clock import parse_start

        if threshold is not None and also:
            raise ConfigError("--threshold is in one bundle's scores; with --also give --budget.")
        options = ScoreOptions(
            out,
            regions,
            events,
            maps,
            overlay,
            scene,
            tuple(parts or ()),
            fps,
            overwrite=overwrite,
            reads=(bundle, *(also or ())),
            escape_formulas=escape_formulas,
            reconnect=reconnect or reconnect_attempts is not None,
            attempts=reconnect_attempts,
            start=None if start is None else parse_start(start),
        )
        others = {path.name: load(path, budget) for path in also or ()}
        if len(others) < len(also or ()):
            raise ConfigError("Two bundles of --also have one name: their outputs would be one.")
        summary = run_score(load(bundle, budget, threshold), sources, options, console(), others)
        show_result(summary, as_json, show_score)
    report_failures(summary["failed"])


for command in (
    *(alarms, sift, review, evaluate, reproduce, robustness, compare, export),
    *(datasets, methods, doctor),
):
    app.command()(command)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    max_pixels: Annotated[
        int | None, typer.Option(min=1, help="Largest picture that is read; 100000000 by default.")
    ] = None,
) -> None:
    """Learns what is normal for a fixed camera and says when, where and why something is not."""
    if max_pixels is not None:
        from awry.video.limits import VARIABLE

        os.environ[VARIABLE] = str(max_pixels)  # for processes of our own as well
    if show:
        from awry.version import __version__

        typer.echo(__version__)
        raise typer.Exit(DONE)


def main() -> None:
    """Entry point of the command `awry`."""
    stop_on_signals()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # signs that the console lacks are written out
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception:
        # Python's own exit code would be 1, which here means that the rest was done.
        say(f"this is a fault of awry itself; please report these lines:\n{traceback.format_exc()}")
        sys.exit(CANNOT_START)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            sys.exit(nobody_reads())
