"""A fitted detector on a data set's test clips."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.evaluation.clip_scoring import ClipOptions, Scored, evaluation_clips, score_clips
from awry.evaluation.declaration import declared
from awry.evaluation.kept_clips import KeptClips
from awry.evaluation.levels import evaluate_levels, with_levels
from awry.evaluation.metrics.event import EventRule
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.result import EvaluationResult, Picture
from awry.evaluation.scored_clip import ScoredClip
from awry.progress import Reporter
from awry.scoring.calibration import NO_THRESHOLD, POOLED, SET_ONE
from awry.teachers.outputs import keep_outputs
from awry.training.environment import hardware
from awry.version import __version__


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
        kept: folder where each clip is kept once it is scored, so that an evaluation that died goes
            on; `remove_kept` empties it once the figures are written.
    """

    parts: Sequence[str] = ()
    flow: bool = True
    title: str = ""
    figures: Sequence[tuple[str, Picture]] = ()
    cache: Path | None = None
    rule: EventRule | None = None
    kept: Path | None = None


def evaluate_detector(
    detector: Detector,
    data: Dataset,
    options: EvaluateOptions | None = None,
    reporter: Reporter | None = None,
) -> EvaluationResult:
    """Score the test clips and measure; nothing is written.

    Raises:
        DatasetError: no test clip, or none that can be read.
        ConfigError: an unknown part.
    """
    options = options or EvaluateOptions()
    clips = evaluation_clips(data)
    wanted = ClipOptions(parts=options.parts, flow=options.flow)
    kept = None if options.kept is None else KeptClips(options.kept, detector)
    with keep_outputs(options.cache) if options.cache else nullcontext():
        scores = score_clips(detector, clips, wanted, reporter, kept)
    if kept is not None and kept.used and reporter is not None:
        reporter.message(
            f"{kept.used} of {len(clips)} clips were scored by an evaluation that did not end."
        )
    return evaluate_scores(detector, data, scores, options)


def evaluate_scores(
    detector: Detector, data: Dataset, scores: Scored, options: EvaluateOptions | None = None
) -> EvaluationResult:
    """Measure test clips that were scored.

    Returns:
        The figures; `metrics` has `failed` (clips that could not be read and footage that was
        passed over, one sentence each) and `speed` beside what `metrics.json` always has.
    """
    options = options or EvaluateOptions()
    clips, calibration = scores.clips, detector.calibration
    alarms = {clip.name: calibration.alarms(clip.scores, clip.scene) for clip in clips}
    budget = calibration.scene(POOLED).requested
    levels = evaluate_levels(clips, alarms, budget, calibration.options, options.rule)
    thresholds = {clip.name: calibration.scene(clip.scene).threshold for clip in clips}
    if not calibration.has_thresholds:
        levels["event"] = f"{NO_THRESHOLD} {SET_ONE}"
    metrics = evaluate_frames(
        clips,
        calibration_by_scene=calibration.scene,
        references={"flow": scores.flow} if scores.flow else {},
        settings=_settings(detector, data, clips),
        levels=next(iter(detector.models.values())).levels,
    )
    failed = [*data.failed, *scores.failed]
    return EvaluationResult(
        with_levels(metrics, levels) | {"failed": failed, "speed": scores.speed},
        tuple(clips),
        options.title or f"{detector.method} on {_called(data)}",
        alarms,
        {name: threshold for name, threshold in thresholds.items() if threshold is not None},
        levels,
        options.figures,
        _ignore_preview(detector, clips),
    )


def _called(data: Dataset) -> str:
    """What a person calls the data: a folder of one's own by its name."""
    if data.name == "folder" and data.root is not None:
        return data.root.resolve().name
    return " ".join(dict.fromkeys((data.name, data.variant)))


def _settings(detector: Detector, data: Dataset, clips: Sequence[ScoredClip]) -> dict[str, Any]:
    facts = detector.facts
    some = detector.scorer(clips[0].scene, fps=clips[0].fps, maps=False)
    return {
        "method": detector.method,
        "preset": facts.preset,
        "seed": facts.seed,
        "config": next(iter(detector.models.values())).config.model_dump(mode="json"),
        "data": {"layout": data.name, "variant": data.variant, "fps": data.fps},
        "labels": f"{sum(c.labels is not None for c in clips)} of {len(clips)} clips, "
        "as found in the data set (see notes)",
        "notes": list(data.notes),
        "ignore": list(detector.ignore.specs),
        "fitted_on": facts.data.variant or facts.data.layout,
        "fit_seconds": facts.fit_seconds,
        "calibration": {
            name: {
                "budget": scene.requested,
                "threshold": scene.threshold,
                "threshold_interval": scene.threshold_interval and list(scene.threshold_interval),
                "how": scene.how,
            }
            for name, scene in detector.calibration.scenes.items()
        },
        **declared(some),
        "fitted_with": dict(facts.versions),
        **detector.runs_in,
        "hardware": hardware(detector.compute),
        "awry": __version__,
    }


def _ignore_preview(detector: Detector, clips: Sequence[ScoredClip]) -> Picture | None:
    pictures = (peak.image for clip in clips for peak in clip.peaks)
    picture = next(pictures, None) if detector.ignore else None
    return None if picture is None else detector.ignore.outline(picture)
