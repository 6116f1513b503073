"""Figures of one cell of a robustness run: how well each part ranks, and what the alarms do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError
from awry.evaluation.event_level import event_level
from awry.evaluation.metrics.bootstrap import bootstrap_interval
from awry.evaluation.metrics.event import true_runs
from awry.evaluation.metrics.frame import micro_auc
from awry.evaluation.scored_clip import ScoredClip, Series, shared_parts
from awry.scoring.calibration import Calibration

SCORE = "score"
ALARM_FIGURES = (
    "false_alarms",
    "false_alarms_per_hour",
    "false_alarms_per_1000_frames",
    "false_alarm_minutes_per_hour",
    "normal_share_in_alarm",
    "precision_time",
    "recall",
    "n_events",
    "n_told",
    "n_found",
    "n_normal_frames",
)


def auc_figures(
    clips: Sequence[ScoredClip], counted: Sequence[NDArray[np.bool_]] | None = None
) -> dict[str, Any]:
    """Micro AUC of the score and of each part that every clip has.

    Args:
        clips: labelled clips.
        counted: bool (n_i,) for each clip, False where a frame is left out of the count.

    Returns:
        `auc`, name -> micro AUC in [0, 1], and `interval`, name -> `[low, high]`, the 95 %
        interval over clips, with None where the frames do not allow it; `n_frames`,
        `n_abnormal` and `n_scored`, counts.
    """
    kept = counted or [np.ones(len(clip.scores), bool) for clip in clips]
    pairs = [pair for pair in zip(clips, kept, strict=True) if pair[1].any()]
    labels = [_labels(clip)[keep] for clip, keep in pairs]
    auc: dict[str, float | None] = {}
    interval: dict[str, list[float] | None] = {}
    for name in (SCORE, *shared_parts(clips)):
        series = [_series(clip, name)[keep] for clip, keep in pairs]
        try:
            auc[name] = micro_auc(series, labels)
            pair = bootstrap_interval(micro_auc, series, labels)
        except InputError:  # one class only
            auc[name], pair = None, None
        interval[name] = None if pair is None else list(pair)
    return {
        "auc": auc,
        "interval": interval,
        "n_frames": sum(map(len, labels)),
        "n_abnormal": int(sum(truth.sum() for truth in labels)),
        "n_scored": int(sum(clip.scored[keep].sum() for clip, keep in pairs)),
    }


def alarm_figures(clips: Sequence[ScoredClip], calibration: Calibration) -> dict[str, Any]:
    """What the alarms at the calibration's own thresholds come to.

    An alarm is a run of frames, merged as during calibration; alarms and events are counted by
    the rule `begin`.

    Returns:
        `ALARM_FIGURES` of `awry.evaluation.metrics.event.EventFigures`; `normal_share_over`, the
        share of normal frames whose score is over the threshold, or None without normal frames; and
        `alarm_interval`, name -> `[low, high]`, the 95 % interval over clips of those that have
        one. All are None where the calibration has no threshold.
    """
    if not calibration.has_thresholds:
        names = (*ALARM_FIGURES, "normal_share_over")
        return {**dict.fromkeys(names), "alarm_interval": {}}
    alarms, over, normal = [], 0, 0
    for clip in clips:
        scene = calibration.scene(clip.scene)
        alarms.append(calibration.alarms(clip.scores, clip.scene))
        quiet = _labels(clip) == 0
        over += int((clip.scores[quiet] > scene.needed_threshold()).sum())
        normal += int(quiet.sum())
    level = event_level(
        alarms,
        [true_runs(clip.labels) for clip in clips],
        [len(clip.scores) for clip in clips],
        [clip.fps for clip in clips],
        names=[clip.name for clip in clips],
    )
    intervals = level.intervals()
    return {name: level.row[name] for name in ALARM_FIGURES} | {
        "normal_share_over": over / normal if normal else None,
        "alarm_interval": {name: intervals[name] for name in ALARM_FIGURES if name in intervals},
    }


def _labels(clip: ScoredClip) -> NDArray[np.uint8]:
    assert clip.labels is not None, f"{clip.name} has no labels"
    return clip.labels


def _series(clip: ScoredClip, name: str) -> Series:
    return clip.scores if name == SCORE else clip.parts[name]
