"""`awry evaluate`: a bundle on a data set's test clips; metrics.json and report.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Column

from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.evaluation.clip_scoring import ClipOptions, Scored, evaluation_clips, score_clips
from awry.evaluation.declaration import declared
from awry.evaluation.levels import evaluate_levels, with_levels
from awry.evaluation.metrics.event import EventRule
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.report.levels import level_rows
from awry.evaluation.report.page import write_report
from awry.evaluation.scored_clip import ScoredClip
from awry.registry import method_class
from awry.scoring.calibration import POOLED
from awry.storage import write_json
from awry.teachers.outputs import keep_outputs
from awry.terminal import BarReporter, Console, Table
from awry.training.environment import hardware
from awry.version import __version__

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """How to evaluate.

    Attributes:
        parts: names of extra parts to measure, or `all`.
        flow: measure the motion reference on the same frames.
        title: of the report.
        figures: captioned pictures for the report.
        cache: folder where what teachers say of frames is kept, for the next evaluation.
        rule: how alarms and true events are counted; default `EventRule()`.
    """

    parts: Sequence[str] = ()
    flow: bool = True
    title: str = ""
    figures: Sequence[tuple[str, Picture]] = ()
    cache: Path | None = None
    rule: EventRule | None = None


def run_evaluate(
    detector: Detector, data: Dataset, out: Path, options: EvaluateOptions, console: Console
) -> dict[str, Any]:
    """Score the test clips, measure, write `metrics.json` and `report.html`.

    Returns:
        What `metrics.json` holds, with `failed` (clips that could not be read and footage that was
        passed over, one sentence each), and `report`, the path of the report.

    Raises:
        DatasetError: no test clip, or none that can be read.
    """
    kept = ClipOptions(parts=options.parts, flow=options.flow)
    clips = evaluation_clips(data)
    with (
        keep_outputs(options.cache) if options.cache else nullcontext(),
        BarReporter(console) as reporter,
    ):
        scores = score_clips(detector, clips, kept, reporter)
    return write_evaluation(detector, data, scores, out, options)


def write_evaluation(
    detector: Detector, data: Dataset, scores: Scored, out: Path, options: EvaluateOptions
) -> dict[str, Any]:
    """Measure what was scored and write `metrics.json` and `report.html`; as `run_evaluate`."""
    clips = scores.clips
    assert detector.calibration is not None
    calibration = detector.calibration
    alarms = {clip.name: calibration.alarms(clip.scores, clip.scene) for clip in clips}
    budget = calibration.scene(POOLED).asked
    levels = evaluate_levels(clips, alarms, budget, calibration.options, options.rule)
    metrics = evaluate_frames(
        clips,
        calibration_by_scene=detector.calibration.scene,
        references={"flow": scores.flow} if scores.flow else {},
        settings=_settings(detector, data, clips),
        levels=method_class(detector.method).levels,
    )
    failed = [*data.failed, *scores.failed]
    metrics = with_levels(metrics, levels) | {"failed": failed, "speed": scores.speed}
    write_json(out / "metrics.json", metrics)
    write_report(
        out / "report.html",
        metrics,
        clips,
        title=options.title or f"{detector.method} on {_called(data)}",
        settings=metrics["settings"],
        levels=levels,
        thresholds={clip.name: detector.calibration.scene(clip.scene).threshold for clip in clips},
        alarms=alarms,
        ignore_preview=_ignore_preview(detector, clips),
        extra_figures=options.figures,
    )
    return metrics | {"report": str(out / "report.html")}


def _called(data: Dataset) -> str:
    """What a person calls the data: a folder of one's own by its name."""
    if data.name == "folder" and data.root is not None:
        return data.root.resolve().name
    return " ".join(dict.fromkeys((data.name, data.variant)))


def _settings(detector: Detector, data: Dataset, clips: Sequence[ScoredClip]) -> dict[str, Any]:
    facts = detector.facts
    assert detector.calibration is not None
    some = detector.scorer(clips[0].scene, fps=clips[0].fps, maps=False)
    return {
        "method": detector.method,
        "preset": facts["preset"],
        "seed": facts["seed"],
        "config": next(iter(detector.models.values())).config.model_dump(mode="json"),
        "data": {"layout": data.name, "variant": data.variant, "fps": data.fps},
        "labels": f"{sum(c.labels is not None for c in clips)} of {len(clips)} clips, "
        "as found in the data set (see notes)",
        "notes": list(data.notes),
        "ignore": list(detector.ignore.specs),
        "fitted_on": facts["data"]["variant"] or facts["data"]["layout"],
        "fit_seconds": facts["fit_seconds"],
        "calibration": {
            name: {
                "budget": scene.asked,
                "threshold": scene.threshold,
                "threshold_interval": scene.threshold_interval and list(scene.threshold_interval),
                "how": scene.how,
            }
            for name, scene in detector.calibration.scenes.items()
        },
        **declared(some),
        "fitted_with": dict(facts["versions"]),
        **detector.runs_in,
        "hardware": hardware(),
        "awry": __version__,
    }


def _ignore_preview(detector: Detector, clips: Sequence[ScoredClip]) -> Picture | None:
    pictures = (peak.image for clip in clips for peak in clip.peaks)
    picture = next(pictures, None) if detector.ignore else None
    return None if picture is None else detector.ignore.outline(picture)


def show_metrics(metrics: dict[str, Any]) -> None:
    """Print the table that a person wants first."""
    settings = metrics["settings"]
    printer = Console()
    if settings["n_clips_labelled"]:
        show_rows(metrics, "this method")
        show_levels(metrics)
    else:
        printer.print("No test clip has labels: everything was scored, nothing was measured.")
    for note in (*settings["notes"], *settings["clip_notes"]):
        printer.print(note, highlight=False, markup=False, soft_wrap=True)
    printer.print(f"report: {metrics['report']}", highlight=False, markup=False, soft_wrap=True)


KINDS = {
    "variants": "{own}, {name}",
    "content_free": "content-free {name}",
    "references": "reference {name}",
    "levels": "level {name}",
    "parts": "part {name}",
}
FIGURES = {"macro_auc": "macro AUC", "macro_auc_sentinels": "with sentinels", "ap": "AP"}


def show_rows(metrics: Mapping[str, Any], own: str) -> None:
    """Print frame metrics as a table, one row each, in per cent; `own` names the primary row."""
    rows = [(own, metrics["frame"], metrics["intervals"]["frame"])]
    for kind, words in KINDS.items():
        for name, row in metrics[kind].items():
            label = words.format(own=own, name=name)
            rows.append((label, row, metrics["intervals"][kind][name]))
    heads = (
        Column("micro AUC", no_wrap=True),
        "95 % interval",
        "macro AUC (n)",
        "with sentinels",
        "AP",
    )
    table = Table("", *heads, title="frame level, per cent")
    for label, row, pair in rows:
        macro = f"{_per_cent(row['macro_auc'])} ({row['macro_n']})"
        sentinels = _per_cent(row["macro_auc_sentinels"])
        cells = (_per_cent(row["micro_auc"]), _between(pair), macro, sentinels)
        table.add_row(label, *cells, _per_cent(row["ap"]))
    printer = Console()
    printer.print(table)
    found = metrics["intervals"]["frame_figures"]
    others = [f"{FIGURES[name]} {_between(found[name])}" for name in FIGURES if found.get(name)]
    settings = metrics["settings"]
    said = [f"{own}, 95 % intervals: {', '.join(others)}."] if others else []
    said.append(f"Intervals: {settings['interval']}.")
    said.append(f"Smoothing: {settings['smoothing']}. Seen of the future: "
                f"{settings['future_seen']['none']}.")  # fmt: skip
    for sentence in said:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _between(pair: Sequence[float] | None) -> str:
    return "-" if pair is None else f"{100 * pair[0]:.1f}-{100 * pair[1]:.1f}"


def show_levels(metrics: Mapping[str, Any]) -> None:
    """Print the region, pixel and event level as a table."""
    table = Table("", "value", "95 % interval", "counted from", title="where and when")
    for row in level_rows(metrics):
        table.add_row(row["label"], row["value"], row["interval"] or "-", row["remark"])
    printer = Console()
    if table.row_count:
        printer.print(table)
    if metrics["event"] and metrics["event"]["worst"]:
        printer.print(f"The alarms' worst figure: {metrics['event']['worst']}.", highlight=False)
    for level, why in metrics["why_not"].items():
        printer.print(f"No {level}-level figures: {why}", highlight=False, markup=False)


def _per_cent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"
