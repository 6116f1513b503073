"""Frames that the threshold judges rightly or wrongly, with boxes found and true ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import ConfigError
from awry.evaluation.clip_scoring import ClipOptions, score_clips
from awry.evaluation.report.peaks import peak_of
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.methods.paper_figures import Outcomes
from awry.scoring.moments import Moment
from awry.studies.figures.choice import clips_of
from awry.studies.figures.grid import GREEN, RED, Cell, write_grid
from awry.studies.figures.job import Drawn, Job
from awry.studies.figures.judges import of_detector, threshold_of
from awry.studies.figures.views import true_boxes, views

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = (
    "true positive",
    "false positive",
    "false negative",
)
OPTIONS = ClipOptions(regions=False, flow=False)


@dataclass(frozen=True, slots=True)
class _Example:
    """A frame, and how far it is on the right or wrong side of its threshold."""

    clip: Clip
    frame: int
    score: float
    above: float
    peak: Peak | None = None


def outcomes(job: Job[Outcomes]) -> Drawn:
    """For each outcome a row of frames: red what is found, green what is true.

    True positives are the highest frames of true events, false positives the highest normal
    frames, both above the alarm threshold; false negatives are each clip's lowest abnormal frame
    below it.

    Values: for each outcome its frames, and how many of all labelled frames have it.

    Raises:
        ConfigError: there is no threshold.
        DatasetError: there is no such clip, or none that can be read.
        AwryError: a fit fails.
    """
    clips = {clip.name: clip for clip in clips_of(job.data, job.request.clip, job.spec.clip)}
    detector = job.detector()
    scores = score_clips(detector, list(clips.values()), OPTIONS, job.request.reporter)
    found = _found(scores.clips, clips, detector)
    rows: dict[str, list[Cell]] = {}
    values: dict[str, Any] = {}
    notes = [f"Left out: {sentence}" for sentence in scores.failed]
    counts = _counts(scores.clips, detector)
    for outcome, most in job.spec.examples.items():
        shown = [_with_peak(example, detector) for example in found[outcome][:most]]
        values[outcome] = {"frames": counts[outcome], "shown": [_value(one) for one in shown]}
        if shown:
            rows[outcome] = [_cell(one) for one in shown]
        else:
            notes.append(f"No frame is a {outcome} at this threshold.")
    if not rows:
        return Drawn((), values, tuple(notes))
    legend = {RED: "found", GREEN: "true anomaly"}
    title = f"{job.shown} on {job.data.variant}"
    return Drawn((write_grid(job.file(".png"), title, rows, legend),), values, tuple(notes))


def _found(
    scores: Sequence[ScoredClip], clips: Mapping[str, Clip], detector: Detector
) -> dict[str, list[_Example]]:
    """Outcome -> its frames, the clearest first."""
    found: dict[str, list[_Example]] = {
        name: [] for name in (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE)
    }
    for series in scores:
        clip, threshold = clips[series.name], _threshold(series, detector)
        for outcome, peaks in (
            (TRUE_POSITIVE, series.event_peaks),
            (FALSE_POSITIVE, series.normal_peaks if series.labels is not None else ()),
        ):
            found[outcome] += [
                _Example(clip, peak.index, peak.score, peak.score - threshold, peak)
                for peak in peaks
                if peak.score > threshold
            ]
        found[FALSE_NEGATIVE] += _missed(series, clip, threshold)
    return {
        name: sorted(examples, key=lambda one: -abs(one.above)) for name, examples in found.items()
    }


def _missed(series: ScoredClip, clip: Clip, threshold: float) -> list[_Example]:
    """A clip's lowest abnormal frame, if it is below the threshold."""
    if series.labels is None:
        return []
    places = np.flatnonzero((series.labels > 0) & series.scored)
    if not places.size:
        return []
    lowest = int(places[np.argmin(series.scores[places])])
    score = float(series.scores[lowest])
    if score > threshold:
        return []
    return [_Example(clip, series.index(lowest), score, score - threshold)]


def _with_peak(example: _Example, detector: Detector) -> _Example:
    if example.peak is not None:
        return example
    (view,) = views(of_detector("", detector), example.clip, [example.frame])
    moment = Moment(example.score, example.clip.name, view.frame, view.score)
    peak = peak_of(moment, detector, example.clip.scene)
    return _Example(example.clip, example.frame, example.score, example.above, peak)


def _cell(example: _Example) -> Cell:
    assert example.peak is not None
    truth = true_boxes(example.clip, [example.frame])[example.frame]
    # Below the threshold nothing is found: the strongest place is no detection.
    marks = example.peak.marks if example.above > 0 else ()
    boxes = {RED: [mark.box for mark in marks], GREEN: truth.tolist()}
    title = f"{example.clip.name}, frame {example.frame}"
    return Cell(example.peak.image, title, boxes)


def _value(example: _Example) -> dict[str, Any]:
    assert example.peak is not None
    return {
        "clip": example.clip.name,
        "frame": example.frame,
        "score": example.score,
        "above_threshold": example.above,
        "boxes": [list(map(float, mark.box)) for mark in example.peak.marks],
        "truth": true_boxes(example.clip, [example.frame])[example.frame].tolist(),
    }


def _counts(scores: Sequence[ScoredClip], detector: Detector) -> dict[str, int]:
    """How many labelled frames have each outcome."""
    counts = dict.fromkeys((TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE), 0)
    for series in scores:
        if series.labels is None:
            continue
        over: NDArray[np.bool_] = series.scores > _threshold(series, detector)
        abnormal = series.labels > 0
        counts[TRUE_POSITIVE] += int((over & abnormal).sum())
        counts[FALSE_POSITIVE] += int((over & ~abnormal).sum())
        counts[FALSE_NEGATIVE] += int((~over & abnormal).sum())
    return counts


def _threshold(series: ScoredClip, detector: Detector) -> float:
    """What divides right from wrong.

    Raises:
        ConfigError: the bundle has no threshold, and none was given.
    """
    threshold = threshold_of(detector, series.scene)
    if threshold is None:
        raise ConfigError("The bundle has no alarm threshold to judge frames by: give --threshold.")
    return threshold
