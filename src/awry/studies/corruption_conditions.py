"""What bad weather and bad cameras do to a fitted detector: one measurement a condition."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.evaluation.declaration import declared, time_notes
from awry.evaluation.metrics.event import EventRule
from awry.methods.base import Scorer
from awry.progress import Reporter
from awry.results import FigureCard, Result
from awry.score_run.options import check_parts
from awry.scoring.calibration import NO_THRESHOLD, SET_ONE
from awry.storage import write_json
from awry.studies.corruptions import CORRUPTIONS, Corruption, corrupted_clip
from awry.studies.measurements import (
    Measurement,
    Measurements,
    data_key,
    labelled_clips,
    measured_on,
    score_labelled,
    stopped,
)
from awry.studies.robustness_figures import SCORE, alarm_figures, auc_figures
from awry.studies.robustness_plots import plot_corruptions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLEAN = "clean"
CONDITIONS = "conditions"


@dataclass(frozen=True, slots=True)
class CorruptionOptions:
    """What to measure.

    Attributes:
        corruptions: which; all, if not given.
        severities: which of 1 to 5, ascending.
        parts: names of extra parts to measure, or `all`.
        clips: see `awry.studies.measurements.labelled_clips`.
        seed: every random choice follows from it.
    """

    corruptions: Sequence[Corruption] = tuple(CORRUPTIONS.values())
    severities: Sequence[int] = (1, 3, 5)
    parts: Sequence[str] = ("all",)
    clips: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RobustnessResult(Result):
    """A fitted detector on clean and on corrupted test clips.

    Attributes:
        settings: all that the figures depend on.
        clean: the figures of `awry.studies.robustness_figures` on the clips as they are.
        conditions: the same for each corruption at each severity, with `corruption`, `severity`,
            `level` (the severity's value) and `says` (what it is).
        notes: what a reader must know, one sentence each.
        failed: clips that could not be read, one sentence each.
        plots: the pictures that were written.
    """

    settings: Mapping[str, Any]
    clean: Mapping[str, Any]
    conditions: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    failed: tuple[str, ...]
    plots: tuple[str, ...]

    def auc(self, corruption: str, severity: int, part: str = SCORE) -> float | None:
        """Micro AUC in [0, 1] under a condition; None where the frames do not allow it.

        Raises:
            KeyError: it was not measured.
        """
        for condition in self.conditions:
            if (condition["corruption"], condition["severity"]) == (corruption, severity):
                value: float | None = condition["auc"][part]
                return value
        raise KeyError((corruption, severity))

    def to_dict(self) -> dict[str, Any]:
        """What `robustness.json` holds."""
        return {
            "settings": dict(self.settings),
            "clean": dict(self.clean),
            "cells": [dict(condition) for condition in self.conditions],
            "notes": list(self.notes),
            "failed": list(self.failed),
            "plots": list(self.plots),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each condition, the clean one first."""
        return [
            {
                "corruption": condition["corruption"],
                "severity": condition["severity"],
                **{f"auc_{part}": value for part, value in condition["auc"].items()},
                "false_alarms_per_hour": condition["false_alarms_per_hour"],
                "normal_share_over": condition["normal_share_over"],
                "recall": condition["recall"],
            }
            for condition in (self.clean, *self.conditions)
        ]

    def draw(self, ax: Axes) -> None:
        """Micro AUC over severity, a line for each corruption."""
        for name in dict.fromkeys(condition["corruption"] for condition in self.conditions):
            mine = [c for c in self.conditions if c["corruption"] == name]
            points = [(c["severity"], c["auc"][SCORE]) for c in (self.clean, *mine)]
            known = [(x, y) for x, y in points if y is not None]
            ax.plot([x for x, _ in known], [y for _, y in known], marker="o", label=name)
        ax.set(xlabel="severity", ylabel="micro AUC", title=f"{self.settings['method']}")
        if self.conditions:
            ax.legend()

    def cards(self) -> list[FigureCard]:
        """Micro AUC on clean clips, and under the worst condition."""
        clean = self.clean["auc"][SCORE]
        cards = [FigureCard("micro AUC, clean", _per_cent(clean), "per cent")]
        known = [c for c in self.conditions if c["auc"][SCORE] is not None]
        if known:
            worst = min(known, key=lambda condition: condition["auc"][SCORE])
            remark = f"{worst['corruption']}, severity {worst['severity']}"
            cards.append(FigureCard("lowest", _per_cent(worst["auc"][SCORE]), remark))
        return cards


def _per_cent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def measure_corruptions(
    detector: Detector, data: Dataset, out: Path, options: CorruptionOptions, reporter: Reporter
) -> RobustnessResult:
    """Score the test clips clean and corrupted; write measurements, `robustness.json` and plots.

    A condition that an earlier study with the same settings finished is not measured again; other
    corruptions and severities may be added.

    Raises:
        ConfigError: an unknown part, or measurements of other settings in `out`.
        DatasetError: no labelled test clip, or none that can be read.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    check_parts(detector, options.parts)
    clips = labelled_clips(data, options.clips)
    settings = _settings(detector, data, clips, options)
    measurements = Measurements(out, settings)
    clean, *others = _measure_all(detector, clips, measurements, options, reporter)
    failed = chain(data.failed, *(condition["failed"] for condition in (clean, *others)))
    title = f"{detector.method} on {data.variant}"
    result = RobustnessResult(
        settings,
        clean,
        tuple(others),
        (*_notes(clean, data), *time_notes(declared(_any_scorer(detector, data)))),
        tuple(dict.fromkeys(failed)),
        tuple(plot_corruptions(out, title, clean, others)),
    )
    write_json(out / "robustness.json", result.to_dict())
    return result


def _settings(
    detector: Detector, data: Dataset, clips: Sequence[Clip], options: CorruptionOptions
) -> dict[str, Any]:
    """All that the figures depend on."""
    return {
        "method": detector.method,
        "detector": detector.digest(),
        "data": {"layout": data.name, "variant": data.variant, "fps": data.fps},
        "clips": [clip.name for clip in clips],
        "labels": data_key(clips),
        "parts": list(options.parts),
        "seed": options.seed,
        "events": asdict(EventRule()),
        # Another version's severities may mean something else.
        "levels": {name: list(each.levels) for name, each in CORRUPTIONS.items()},
    }


def _measure_all(
    detector: Detector,
    clips: Sequence[Clip],
    measurements: Measurements,
    options: CorruptionOptions,
    reporter: Reporter,
) -> list[Measurement]:
    plan: list[tuple[str, Corruption | None, int]] = [(CLEAN, None, 0)]
    plan += [
        (f"{corruption.name}-{severity}", corruption, severity)
        for corruption in options.corruptions
        for severity in options.severities
    ]
    finished: list[Measurement] = []
    reporter.start(CONDITIONS, len(plan))
    try:
        for name, corruption, severity in plan:
            condition = _Condition(detector, clips, corruption, severity, options, reporter)
            finished.append(measurements.get(name, condition.measure))
            reporter.advance(title=CONDITIONS)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(stopped(len(finished), len(plan))) from error
    reporter.end(CONDITIONS)
    return finished


@dataclass(frozen=True, slots=True)
class _Condition:
    """One corruption at one severity; None for clean clips."""

    detector: Detector
    clips: Sequence[Clip]
    corruption: Corruption | None
    severity: int
    options: CorruptionOptions
    reporter: Reporter

    def measure(self) -> Measurement:
        """Score the clips and count."""
        started = time.monotonic()
        clips, corruption = self.clips, self.corruption
        if corruption is not None:
            clips = [
                corrupted_clip(clip, corruption.name, self.severity, self.options.seed)
                for clip in clips
            ]
        scores = score_labelled(self.detector, clips, self.options.parts, self.reporter)
        return {
            **_about(corruption, self.severity),
            **auc_figures(scores.clips),
            **alarm_figures(scores.clips, self.detector.calibration),
            **measured_on(self.detector.compute),
            "failed": scores.failed,
            "seconds": round(time.monotonic() - started, 1),
        }


def _about(corruption: Corruption | None, severity: int) -> Measurement:
    if corruption is None:
        return {"corruption": CLEAN, "severity": 0, "level": None, "says": ""}
    return {
        "corruption": corruption.name,
        "severity": severity,
        "level": corruption.levels[severity - 1],
        "says": corruption.says(severity),
    }


def _any_scorer(detector: Detector, data: Dataset) -> Scorer:
    return detector.scorer(data.test[0].scene, fps=data.fps, maps=False)


def _notes(clean: Measurement, data: Dataset) -> list[str]:
    frames, fps = clean["n_normal_frames"], data.fps
    if frames is None:
        return [f"No alarms are counted. {NO_THRESHOLD} {SET_ONE}"]
    length = f"{frames} frames" if fps is None else f"{frames} frames, {frames / fps:.0f} s"
    return [
        f"False alarms are counted on the {length} of normal test footage at the threshold that "
        "the bundle was calibrated with on clean footage; on little footage the share of normal "
        "frames over the threshold is the steadier figure.",
        "An alarm that never ends is one alarm: read false alarms beside the share of normal "
        "time in alarm.",
    ]
