"""`awry evaluate`: a bundle on a data set's test clips; metrics.json and report.html."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from awry import __version__
from awry.commands.fit import peak_of
from awry.commands.score import check_parts
from awry.datasets.base import Clip, Dataset
from awry.detector import Detector, scored
from awry.errors import AwryError, DatasetError
from awry.evaluation.protocol import ScoredClip, evaluate_frames
from awry.evaluation.report import write_report
from awry.frames import FrameScore
from awry.methods.base import Setting
from awry.methods.flow import FlowConfig, FlowScorer
from awry.scoring.fill import fill_unscored
from awry.scoring.moments import MomentKeeper
from awry.storage import write_text

Picture = NDArray[np.uint8]
Scores = NDArray[np.float64]
PEAKS = 4


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """How to evaluate.

    Attributes:
        parts: names of extra parts to measure, or `all`.
        flow: measure the motion reference on the same frames.
        title: of the report.
        figures: captioned pictures for the report.
    """

    parts: Sequence[str] = ()
    flow: bool = True
    title: str = ""
    figures: Sequence[tuple[str, Picture]] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """A data set's test clips with their scores.

    Attributes:
        clips: the clips that could be read.
        flow: the motion reference's scores of the same clips; empty where it was not wanted.
        failed: the clips that could not be read, one sentence each.
    """

    clips: list[ScoredClip]
    flow: list[Scores]
    failed: list[str]


def run_evaluate(
    detector: Detector, data: Dataset, out: Path, options: EvaluateOptions, console: Console
) -> dict[str, Any]:
    """Score the test clips, measure, write `metrics.json` and `report.html`.

    Returns:
        What `metrics.json` holds, with `failed` (clips that could not be read, one sentence
        each), and `report`, the path of the report.

    Raises:
        DatasetError: no test clip, or none that can be read.
    """
    return write_evaluation(
        detector, data, score_clips(detector, data, options, console), out, options
    )


def write_evaluation(
    detector: Detector, data: Dataset, scores: Scored, out: Path, options: EvaluateOptions
) -> dict[str, Any]:
    """Measure what was scored and write `metrics.json` and `report.html`; as `run_evaluate`."""
    clips = scores.clips
    assert detector.calibration is not None
    metrics = evaluate_frames(
        clips,
        calibration_by_scene=detector.calibration.scene,
        references={"flow": scores.flow} if scores.flow else {},
        settings=_settings(detector, data, clips),
    )
    metrics["failed"] = scores.failed
    write_text(out / "metrics.json", json.dumps(metrics, indent=2, allow_nan=False) + "\n")
    write_report(
        out / "report.html",
        metrics,
        clips,
        title=options.title or f"{detector.method} on {_called(data)}",
        settings=metrics["settings"],
        thresholds={clip.name: detector.calibration.scene(clip.scene).threshold for clip in clips},
        normals={clip.name: detector.calibration.scene(clip.scene).location for clip in clips},
        options=detector.calibration.options,
        ignore_preview=_ignore_preview(detector, clips),
        extra_figures=options.figures,
    )
    return metrics | {"report": str(out / "report.html")}


def _called(data: Dataset) -> str:
    """What a person calls the data: a folder of one's own by its name."""
    if data.name == "folder" and data.root is not None:
        return data.root.resolve().name
    return " ".join(dict.fromkeys((data.name, data.variant)))


def score_clips(
    detector: Detector, data: Dataset, options: EvaluateOptions, console: Console
) -> Scored:
    """Score the test clips of a data set.

    Raises:
        DatasetError: no test clip, or none that can be read.
        ConfigError: an unknown part.
    """
    if not data.test:
        raise DatasetError(
            f"There are no test clips in {data.root or data.name} to evaluate on; "
            f"`awry datasets` shows where the layout '{data.name}' keeps them. "
            "To score footage without measuring, use awry score."
        )
    check_parts(detector, options.parts)
    clips, flows, failed = [], [], []
    started = time.monotonic()
    with Progress(console=console) as progress:
        task = progress.add_task("scoring", total=len(data.test))
        for clip in data.test:
            try:
                scored_clip, flow = _score_clip(detector, clip, options)
                clips.append(scored_clip)
                flows += [flow] if options.flow else []
            except AwryError as error:
                failed.append(f"{clip.name}: {error}")
            progress.advance(task)
    seconds = time.monotonic() - started
    console.print(f"scored {sum(len(clip.scores) for clip in clips)} frames in {seconds:.0f} s")
    if not clips:
        raise DatasetError("No test clip could be read. " + " ".join(failed[:3]))
    return Scored(clips, flows, failed)


def _score_clip(
    detector: Detector, clip: Clip, options: EvaluateOptions
) -> tuple[ScoredClip, Scores]:
    source = clip.open()
    scorer = detector.scorer(clip.scene, fps=source.fps, parts=options.parts)
    setting = Setting(ignore=detector.ignore, maps=False, frame_size=detector.frame_size)
    flow = FlowScorer(FlowConfig(), setting)
    keeper = MomentKeeper(clip.name, PEAKS, apart=25)
    scores: list[FrameScore] = []
    flows: list[float | None] = []
    for frame, score in scored(scorer, source, detector.every):
        keeper.offer(frame, score)
        scores.append(FrameScore(score.index, score.time_s, score.score, score.parts))
        if options.flow:
            flows += [found.score for found in flow.push(frame)]
    if not scores:
        raise DatasetError("It has no frames.")
    labels = _labels(clip, scores, lost=source.health.lost)
    filled, was_scored = fill_unscored([score.score for score in scores])
    parts = list(dict.fromkeys(part for score in scores for part in score.parts))
    scored_clip = ScoredClip(
        name=clip.name,
        scene=clip.scene,
        fps=source.fps,
        scores=filled,
        scored=was_scored,
        labels=labels,
        times=_times(scores),
        parts={p: fill_unscored([s.parts.get(p) for s in scores])[0] for p in parts},
        peaks=[peak_of(moment, detector, clip.scene) for moment in keeper.moments()],
        notes=list(source.health.notes),
    )
    return scored_clip, fill_unscored(flows)[0]


def _labels(clip: Clip, scores: Sequence[FrameScore], *, lost: int) -> NDArray[np.uint8] | None:
    """The labels of the frames that were read; lost frames keep their place in the labels."""
    if clip.labels is None:
        return None
    labels = clip.labels()
    frames = np.array([score.index for score in scores])
    # Frames that were lost at the clip's end leave labels over; nothing else may.
    if frames[-1] >= len(labels) or (frames[-1] + 1 < len(labels) and not lost):
        raise DatasetError(
            f"It has {frames[-1] + 1} frames, but its labels speak of {len(labels)}. "
            "Check that labels and frames belong together."
        )
    return np.asarray(labels[frames])


def _times(scores: Sequence[FrameScore]) -> Scores | None:
    times = [score.time_s for score in scores]
    return None if None in times else np.array(times, dtype=np.float64)


def _settings(detector: Detector, data: Dataset, clips: Sequence[ScoredClip]) -> dict[str, Any]:
    facts = detector.facts
    assert detector.calibration is not None
    some = detector.scorer(clips[0].scene, maps=False)
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
            name: {"threshold": scene.threshold, "how": scene.how, "budget": str(scene.budget)}
            for name, scene in detector.calibration.scenes.items()
        },
        "lookahead_frames": some.lookahead,
        "warmup_frames": some.warmup,
        "causal": some.causal,
        "fitted_with": dict(facts["versions"]),
        "hardware": f"{platform.machine()}, {os.cpu_count()} cores",
        "awry": __version__,
    }


def _ignore_preview(detector: Detector, clips: Sequence[ScoredClip]) -> Picture | None:
    pictures = (peak.image for clip in clips for peak in clip.peaks)
    picture = next(pictures, None) if detector.ignore else None
    return None if picture is None else detector.ignore.outline(picture)


def show_metrics(metrics: dict[str, Any]) -> None:
    """Print the table that a person wants first."""
    rows = {"this method": metrics["frame"]}
    rows |= {f"this method, {name}": row for name, row in metrics["variants"].items()}
    rows |= {f"content-free {name}": row for name, row in metrics["content_free"].items()}
    rows |= {f"reference {name}": row for name, row in metrics["references"].items()}
    rows |= {f"part {name}": row for name, row in metrics["parts"].items()}
    settings = metrics["settings"]
    printer = Console()
    if settings["n_clips_labelled"]:
        show_rows("frame level, per cent", rows)
    else:
        printer.print("No test clip has labels: everything was scored, nothing was measured.")
    for note in (*settings["notes"], *settings["clip_notes"]):
        printer.print(note, highlight=False, markup=False, soft_wrap=True)
    printer.print(f"report: {metrics['report']}", highlight=False, markup=False, soft_wrap=True)


def show_rows(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Print frame metrics as a table, one row each, in per cent."""
    table = Table("", "micro AUC", "macro AUC (n)", "with sentinels", "AP", title=title)
    for name, row in rows.items():
        macro = f"{_per_cent(row['macro_auc'])} ({row['macro_n']})"
        sentinels = _per_cent(row["macro_auc_sentinels"])
        table.add_row(name, _per_cent(row["micro_auc"]), macro, sentinels, _per_cent(row["ap"]))
    Console().print(table)


def _per_cent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"
