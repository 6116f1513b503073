"""What the commands share: options, exit codes, and how errors and results are shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awry.errors import AwryError, ConfigError
from awry.interrupts import exit_code, forget, stopped_by
from awry.names import printable
from awry.results import Result
from awry.storage import json_text

if TYPE_CHECKING:
    from awry.progress import Reporter
    from awry.terminal import Console

DONE, SOME_FAILED, CANNOT_START = 0, 1, 2

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Data = Annotated[Path, typer.Option("--data", help="Folder of a data set, or with train/ in it.")]
Layout = Annotated[str | None, typer.Option("--format", help="The layout's name, outright.")]
Fps = Annotated[float | None, typer.Option("--fps", min=0.01, help="Of image folders.")]
Validation = Annotated[
    float | None,
    typer.Option("--validation", help="Share held back for choices; 0: none. Else the preset's."),
]
Calibration = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="SHARE|FOLDER",
        help="Share held back for the threshold, or other normal footage; 0: no threshold. Else "
        "the preset's.",
    ),
]
DeviceName = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="auto|cpu|cuda|cuda:1|mps|xpu",
        help="Where networks run; else as $AWRY_DEVICE says, else the best there is.",
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        "--precision", metavar="32|tf32|bf16|16", help="How exactly networks calculate; else 32."
    ),
]
OtherBudget = Annotated[
    str | None,
    typer.Option("--budget", help="False alarms allowed: 2/hour, 1/week, ...; else the bundle's."),
]
OtherThreshold = Annotated[
    float | None, typer.Option("--threshold", help="An alarm has a frame above it; by hand.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what stands there, whoever wrote it.")
]
Labels = Annotated[
    Path, typer.Option(help="CSV clip,frame,label, a folder of them, npy, or a data set's folder.")
]
Report = Annotated[
    Path | None, typer.Option("--out", help="Folder for metrics.json and report.html.")
]
ScoresFirst = Annotated[int, typer.Option(min=0, help="Number of a clip's first frame in scores.")]
LabelsFirst = Annotated[int, typer.Option(min=0, help="The same in labels.")]
Detectors = Annotated[
    str | None,
    typer.Option("--detector", help="KIND:WHAT that finds objects: onnx:FILE, foreground, ..."),
]
Classifiers = Annotated[
    str | None, typer.Option("--classifier", help="KIND:WHAT that names pictures, or none.")
]
Depths = Annotated[
    str | None, typer.Option("--depth", help="KIND:WHAT that says how far things are, or ramp.")
]
EventRuleName = Annotated[
    str,
    typer.Option("--rule", help="begin: an alarm finds the event in which it begins; or touch."),
]
Tolerance = Annotated[
    float, typer.Option("--tolerance", help="Seconds before and around events, for --rule begin.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="So many at a time, each in a process of Ray."),
]
On = Annotated[
    str | None,
    typer.Option("--on", metavar="ray|ray://HOST:PORT", help="Where workers are: see docs/scale."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from what the same command finished earlier.")
]
Changes = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of a setting.")]


def console() -> Console:
    from awry.terminal import Console

    return Console(stderr=True)


def shown(message: str) -> str:
    """A message as it may be shown: printable, without the secrets of addresses that were typed."""
    from awry.video.address import without_addresses

    return printable(without_addresses(message, sys.argv[1:]))


def say(message: object) -> None:
    """One line on standard error, as it may be shown."""
    print(f"awry: {shown(str(message))}", file=sys.stderr, flush=True)


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Progress bars on standard error."""
    from awry.terminal import BarReporter

    with BarReporter(console()) as reporter:
        yield reporter


def parse_changes(pairs: Sequence[str]) -> dict[str, Any]:
    """Read `key=value` pairs; values are JSON where they parse as such, else text.

    Raises:
        ConfigError: a pair without `=`.

    >>> parse_changes(["channels=8", "score=latent", "grey=true"])
    {'channels': 8, 'score': 'latent', 'grey': True}
    """
    import json

    changes: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise ConfigError(f"Cannot read --set {pair}: expected KEY=VALUE, e.g. channels=16.")
        try:
            changes[key] = json.loads(value)
        except ValueError:
            changes[key] = value
    return changes


@contextmanager
def refusals() -> Iterator[None]:
    """Errors become one line on standard error and exit code 2; Ctrl-C becomes 130, SIGTERM 143.

    Warnings become lines on standard error too.
    """
    import warnings

    def show(message: Any, *_: Any, **__: Any) -> None:
        say(message)

    forget()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = show
            yield
    except BrokenPipeError as error:  # as in `awry methods | head`
        raise typer.Exit(nobody_reads()) from error
    except (AwryError, OSError) as error:
        say(error)
        raise typer.Exit(CANNOT_START) from error
    except EOFError as error:  # which the command line's library takes for a wish to stop
        say(f"A file ended too early: {str(error) or 'nothing is in it'}.")
        raise typer.Exit(CANNOT_START) from error
    except KeyboardInterrupt as error:
        say(str(error) or f"stopped by {stopped_by()}")
        raise typer.Exit(exit_code()) from error


def nobody_reads() -> int:
    """Whoever read standard output has seen enough: nothing more is written there.

    Returns:
        the exit code that shells give such a program.
    """
    with suppress(OSError, ValueError):  # what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def show_result(value: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    """Print a result: as JSON what its `to_dict` gives, or plain values."""
    if as_json:
        sys.stdout.write(json_text(value.to_dict() if isinstance(value, Result) else value))
    else:
        show(value)


def print_noted(metrics: dict[str, Any], as_json: bool, show: Callable[[Any], None]) -> None:
    """Print figures; what was noticed on the way goes to standard error beside JSON."""
    if as_json:
        for note in metrics["settings"]["notes"]:
            say(note)
    show_result(metrics, as_json, show)


def report_failures(failed: Sequence[str]) -> None:
    """List what failed; end with exit code 1 if anything did."""
    for sentence in failed:
        say(sentence)
    if failed:
        raise typer.Exit(SOME_FAILED)
