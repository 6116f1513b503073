"""One clip's scores over its frames, with pictures of its highest moments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure, SubFigure

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import InputError
from awry.evaluation.clip_scoring import ClipOptions, score_clip
from awry.evaluation.metrics.event import true_runs
from awry.evaluation.metrics.frame import micro_auc
from awry.evaluation.protocol import offline
from awry.evaluation.report.figures import INK, draw_timeline, score_limits
from awry.evaluation.report.panels import STYLE, save_figure
from awry.evaluation.report.peaks import peak_of
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.methods.paper_figures import Timeline
from awry.scoring.calibration import NO_THRESHOLD
from awry.scoring.moments import Moment
from awry.studies.figures.choice import one_clip
from awry.studies.figures.grid import GREEN, RED, Cell, draw_cell
from awry.studies.figures.job import Drawn, Job
from awry.studies.figures.judges import of_detector, threshold_of
from awry.studies.figures.views import View, true_boxes, views

OPTIONS = ClipOptions(regions=False, flow=False)


def timeline(job: Job[Timeline]) -> Drawn:
    """Scores as they are and smoothed, truth shaded, alarms at the bottom; pictures above.

    Values: clip, frames, AUC within the clip as scored and smoothed, threshold, alarms, true
    events, and each moment's frame, score, label and boxes.

    Raises:
        DatasetError: there is no such clip.
        AwryError: a fit or the clip fails.
    """
    clip = one_clip(job.data, job.request.clip, job.spec.clip)
    detector = job.detector()
    series = score_clip(detector, clip, OPTIONS).clip
    if job.request.frames:
        series = replace(series, peaks=_peaks(detector, clip, job.request.frames))
    file = _write(job.file(".png"), f"{job.shown} on {clip.name}", series, detector, clip)
    notes = []
    if job.spec.clip and clip.name != job.spec.clip:
        notes.append(f"The paper shows the clip {job.spec.clip}; this is {clip.name}.")
    if threshold_of(detector, clip.scene) is None:
        notes.append(f"No alarm is shown. {NO_THRESHOLD}")
    return Drawn((file,), _values(series, detector), tuple(notes))


def _peaks(detector: Detector, clip: Clip, frames: Sequence[int]) -> list[Peak]:
    """Chosen frames, as the strongest ones are shown."""
    chosen = views(of_detector("", detector), clip, frames)
    return [
        peak_of(Moment(_score(view), clip.name, view.frame, view.score), detector, clip.scene)
        for view in chosen
    ]


def _score(view: View) -> float:
    """Of a frame; NaN of one that is not scored."""
    return math.nan if view.score.score is None else view.score.score


def _write(file: Path, title: str, series: ScoredClip, detector: Detector, clip: Clip) -> Path:
    peaks = list(series.peaks)
    truth = true_boxes(clip, [peak.index for peak in peaks])
    alarms = detector.calibration.alarms(series.scores, clip.scene)
    threshold = threshold_of(detector, clip.scene)
    with mpl.rc_context(STYLE):
        height = 2.4 * _aspect(peaks) + 0.5
        figure = Figure(figsize=(10, height + 3.2), layout="constrained")
        above: SubFigure
        below: SubFigure
        above, below = figure.subfigures(2, 1, height_ratios=(height, 2.8)).tolist()  # type: ignore[union-attr]
        places = above.subplots(1, max(len(peaks), 1), squeeze=False)[0]
        for number, (axes, peak) in enumerate(zip(places, peaks, strict=False), 1):
            boxes = {RED: [mark.box for mark in peak.marks], GREEN: truth[peak.index].tolist()}
            draw_cell(axes, Cell(peak.image, f"{number}: frame {peak.index}", boxes))
        axes = below.subplots()
        limits = score_limits([series], [threshold])
        draw_timeline(axes, series, threshold, alarms, limits, 960)
        smooth = offline(series.scores)
        axes.plot(smooth, color=INK, linewidth=1, linestyle=":", label="smoothed")
        axes.legend(frameon=False, fontsize=8, loc="upper right")
        alarm = "" if threshold is None else "; dashed: threshold; bar: alarm"
        below.supxlabel(f"red: what is found; green and shaded: truth{alarm}", fontsize=8)
        figure.suptitle(title, fontsize=11)
        save_figure(figure, file)
    return file


def _aspect(peaks: Sequence[Peak]) -> float:
    """Height of the pictures by their width."""
    return peaks[0].image.shape[0] / peaks[0].image.shape[1] if peaks else 0.0


def _values(series: ScoredClip, detector: Detector) -> dict[str, Any]:
    smooth = offline(series.scores)
    alarms = detector.calibration.alarms(series.scores, series.scene)
    return {
        "clip": series.name,
        "frames": len(series.scores),
        "auc": _auc(series, series.scores),
        "auc_smoothed": _auc(series, smooth),
        "threshold": threshold_of(detector, series.scene),
        "alarms": [list(map(int, alarm)) for alarm in alarms],
        "events": [list(event) for event in true_runs(series.labels)],
        "scores": [round(float(value), 6) for value in series.scores],
        "moments": [
            {
                "frame": peak.index,
                "score": None if math.isnan(peak.score) else peak.score,
                "label": _label(series, peak.index),
                "boxes": [list(map(float, mark.box)) for mark in peak.marks],
            }
            for peak in series.peaks
        ],
    }


def _auc(series: ScoredClip, scores: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    if series.labels is None:
        return None
    try:
        return micro_auc([scores], [series.labels])
    except InputError:  # one kind of frames alone
        return None


def _label(series: ScoredClip, frame: int) -> int | None:
    """1 for an abnormal frame; None where that is unknown."""
    if series.labels is None:
        return None
    places = range(len(series.scores)) if series.indices is None else series.indices.tolist()
    return int(series.labels[list(places).index(frame)])
