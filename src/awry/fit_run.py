"""`awry fit`: footage to bundle, with progress, and a look at the training footage's oddities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.evaluation.report.page import write_strangest
from awry.evaluation.report.peaks import peak_of
from awry.fitting import FitOptions, fit
from awry.scoring.calibration import POOLED
from awry.terminal import BarReporter, Console, Table
from awry.training.footage import remove_working_folder


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


def chosen_teachers(
    detector: str | None, classifier: str | None, depth: str | None
) -> dict[str, str]:
    """The settings that `--detector`, `--classifier` and `--depth` stand for, whatever the method.

    >>> chosen_teachers("foreground", None, None)
    {'detector': 'foreground'}
    """
    given = {"detector": detector, "classifier": classifier, "depth": depth}
    return {role: what for role, what in given.items() if what is not None}


def run_fit(
    method: str, data: Dataset, out: Path, options: FitOptions, console: Console
) -> dict[str, Any]:
    """Fit, save the bundle, write `strangest.html` beside its manifest.

    The working folder beside the bundle goes once the bundle is whole.

    Returns:
        A summary for `--json`.

    Raises:
        AwryError: as `awry.fitting.fit` and `Detector.save`.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    with BarReporter(console) as reporter:
        for note in data.notes:
            reporter.message(note)
        try:
            detector = fit(method, data, out, options, reporter)
        except KeyboardInterrupt as error:
            said = str(error) or "stopped"
            hint = "the same command with --resume goes on from there"
            raise KeyboardInterrupt(f"{said}; {hint}.") from error
    detector.save(out)
    remove_working_folder(out, options.cache)
    page = out / "strangest.html"
    scenes = {clip.name: clip.scene for clip in data.train}
    peaks = [peak_of(one, detector, scenes.get(one.clip, POOLED)) for one in detector.strangest]
    write_strangest(
        page,
        peaks,
        title=f"{method}: strangest moments of the training footage",
        advice="If something here was not normal after all, fit again with --exclude "
        "CLIP:FIRST-LAST (repeatable), with the clip and frame numbers below the picture.",
    )
    assert detector.calibration is not None
    calibration = detector.calibration.scene(POOLED)
    return {
        "bundle": str(out),
        "method": method,
        "seconds": detector.facts["fit_seconds"],
        "threshold": calibration.threshold,
        "calibration": calibration.how,
        "strangest": [
            {"clip": peak.clip, "frame": peak.index, "score": peak.score, "reason": peak.reason}
            for peak in peaks
        ],
        "page": str(page),
        "notes": [*data.notes, *detector.facts["data"]["notes"]],
        "failed": list(detector.facts["data"]["failed"]),
    }


def show_fit(summary: dict[str, Any]) -> None:
    """Print what the fit came to."""
    printer = Console()
    printer.print("strangest moments of the training footage:")
    table = Table("clip", "frame", "score", "why")
    for moment in summary["strangest"]:
        numbers = (str(moment["frame"]), f"{moment['score']:.4g}")
        table.add_row(escape(moment["clip"]), *numbers, escape(moment["reason"]))
    printer.print(table)
    for sentence in (
        f"Look at them in {summary['page']}",
        f"Threshold {summary['threshold']:.6g}. {summary['calibration']}",
        f"Bundle: {summary['bundle']} ({summary['seconds']} s)",
    ):
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
