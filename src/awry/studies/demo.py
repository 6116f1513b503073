"""`awry demo`: moving digits (the DAML paper's section 6.2), from nothing to a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset
from awry.datasets.digits import KINDS, make_digits
from awry.datasets.truth import with_tracks
from awry.detector import Detector
from awry.evaluation.clip_scoring import (
    ClipOptions,
    Scored,
    evaluation_clips,
    score_clip,
    score_clips,
)
from awry.evaluation.evaluate import EvaluateOptions, evaluate_scores
from awry.evaluation.metrics.bootstrap import bootstrap_interval
from awry.evaluation.metrics.content_free import content_free_scores
from awry.evaluation.metrics.frame import micro_auc
from awry.fitting import FitOptions, fit_and_save
from awry.registry import method_class
from awry.score_run.overlay import OverlayWriter
from awry.studies.robustness_output import with_interval
from awry.terminal import BarReporter, Console, Table
from awry.training.footage import is_begun, working_folder

ALL = "all"
Picture = NDArray[np.uint8]
Metric = Callable[[Sequence[NDArray[np.float64]], Sequence[NDArray[np.uint8]]], Any]


def run_demo(
    method: str, out: Path, seed: int, console: Console, *, overwrite: bool = False
) -> dict[str, Any]:
    """Fit a method's `demo` preset on moving digits, evaluate, write report and overlay.

    A demo that was stopped goes on.

    Args:
        method: its name.
        out: folder of everything.
        seed: every random choice follows from it.
        console: shows progress.
        overwrite: replace another method's bundle, and start a stopped demo afresh.

    Returns:
        `method`; `auc`: micro AUC per kind of anomaly and for all together; `references`: the
        same for scores that see no pixel and for plain optical flow; `intervals`: by row and
        kind, 95 % over clips; and where everything is.
    """
    started = time.monotonic()
    method_class(method).configure("demo")  # refused before anything is drawn
    data = with_tracks(make_digits(seed=seed))
    bundle = out / "bundle"
    resume = is_begun(working_folder(bundle)) and not overwrite
    fitting = FitOptions(preset="demo", seed=seed, resume=resume, overwrite=overwrite)
    with BarReporter(console) as reporter:
        fit_and_save(method, data, bundle, fitting, reporter)
    detector = Detector.load(bundle)
    with BarReporter(console) as reporter:
        scores = score_clips(detector, evaluation_clips(data), reporter=reporter)
    called = method.upper()
    figures = [(f"{called} on {kind}", picture) for kind, picture in _figures(detector, data)]
    options = EvaluateOptions(title=f"awry demo: {called} on moving digits", figures=figures)
    evaluate_scores(detector, data, scores, options).save(out)
    video = out / "overlay.mp4"
    _write_overlay(detector, data, video)
    references = {
        "flow": scores.flow,
        **content_free_scores(len(clip.scores) for clip in scores.clips),
    }
    own = [clip.scores for clip in scores.clips]
    rows = {method: own, **references}
    return {
        "method": method,
        "auc": _per_kind(scores, own, micro_auc),
        "references": {
            name: _per_kind(scores, found, micro_auc) for name, found in references.items()
        },
        "intervals": {name: _per_kind(scores, found, _interval) for name, found in rows.items()},
        "seconds": round(time.monotonic() - started, 1),
        "report": str(out / "report.html"),
        "overlay": str(video),
        "bundle": str(bundle),
    }


def kind_of(clip: str) -> str:
    """The kind of a moving-digits test clip, from its name.

    >>> kind_of("shape-03")
    'shape'
    """
    return clip.rpartition("-")[0]


def _per_kind(scores: Scored, found: list[NDArray[np.float64]], metric: Metric) -> dict[str, Any]:
    """A metric of each kind's clips against the normal ones, and of all."""
    labels = [np.asarray(clip.labels) for clip in scores.clips]
    values = {}
    for kind in (*KINDS, ALL):
        wanted = (kind, "normal")
        chosen = [
            number
            for number, clip in enumerate(scores.clips)
            if kind == ALL or kind_of(clip.name) in wanted
        ]
        values[kind] = metric([found[n] for n in chosen], [labels[n] for n in chosen])
    return values


def _interval(
    scores: Sequence[NDArray[np.float64]], labels: Sequence[NDArray[np.uint8]]
) -> list[float] | None:
    found = bootstrap_interval(micro_auc, scores, labels)
    return None if found is None else list(found)


def _first_of_each_kind(data: Dataset) -> dict[str, Clip]:
    first: dict[str, Clip] = {}
    for clip in data.test:
        first.setdefault(kind_of(clip.name), clip)
    return first


def _figures(detector: Detector, data: Dataset) -> Iterator[tuple[str, Picture]]:
    """For each kind a strip of the pictures that the method makes, if it makes any."""
    for kind, clip in _first_of_each_kind(data).items():
        frames = list(clip.open())
        scorer = detector.scorer(clip.scene)
        rows: list[Picture] = []
        names = ""
        for last in np.linspace(scorer.warmup + 1, len(frames) - 1, 3).astype(int):
            pictures = scorer.pictures(frames[: last + 1])
            if pictures is None:
                continue
            names = ", ".join(pictures)
            rows.append(np.concatenate(list(pictures.values()), axis=1))
        if rows:
            strip = np.concatenate(rows, axis=0)
            large = cv2.resize(strip, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
            yield f"{kind}: {names}", np.asarray(large, np.uint8)


def _write_overlay(detector: Detector, data: Dataset, path: Path) -> None:
    video = OverlayWriter(path, detector, data.test[0].scene, data.fps)
    maps_alone = ClipOptions(labels=False, regions=False, peaks=False, flow=False)
    try:
        for clip in _first_of_each_kind(data).values():
            score_clip(detector, clip, maps_alone, video.add)
        video.finish()
    except BaseException:
        video.leave()
        raise


def show_demo(summary: dict[str, Any]) -> None:
    """Print the table of figures and where everything is."""
    kinds = list(summary["auc"])
    title = "micro AUC, per cent, moving digits; below it the 95 % interval over clips"
    table = Table("", *kinds, title=title)
    rows = {summary["method"]: summary["auc"], **summary["references"]}
    for name, row in rows.items():
        cells = [with_interval(row, summary["intervals"][name], kind, digits=1) for kind in kinds]
        table.add_row(name.upper() if name == summary["method"] else name, *cells)
    printer = Console()
    printer.print(table)
    for what in ("report", "overlay", "bundle"):
        printer.print(f"{what}: {summary[what]}", highlight=False, soft_wrap=True)
    printer.print(f"{summary['seconds']:.0f} s in all", highlight=False, soft_wrap=True)
