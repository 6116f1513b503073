"""The command line: parses, calls, prints. Everything else is imported where it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from io import TextIOWrapper
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
from awry.cli.figures import figures
from awry.cli.fit import fit
from awry.cli.fuse import fuse
from awry.cli.methods import methods
from awry.cli.metrics import metrics_app
from awry.cli.options import (
    CANNOT_START,
    DONE,
    nobody_reads,
    say,
    shown,
)
from awry.cli.paste import paste
from awry.cli.reproduce import reproduce
from awry.cli.review import review
from awry.cli.robustness import robustness
from awry.cli.score import score
from awry.cli.sift import sift
from awry.cli.survey import survey
from awry.cli.tune import tune
from awry.cli.watch import watch_app
from awry.cli.weights import weights
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
app.add_typer(watch_app, name="watch")

for command in (
    *(demo, fit, fuse, tune, score, alarms, sift, review, evaluate, reproduce, figures),
    *(robustness, survey, paste, compare, export, datasets, methods, weights, doctor),
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
