"""The region, pixel and event level of the protocol, from scored clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError
from awry.evaluation.event_level import event_level
from awry.evaluation.metrics.bootstrap import (
    Draws,
    interval,
    protocol_draws,
    resampled_micro_auc,
)
from awry.evaluation.metrics.event import EventFigures, EventRule, Runs, true_runs
from awry.evaluation.metrics.pixel import pixel_auc
from awry.evaluation.metrics.region import RegionFigures, region_figures, resampled_region
from awry.evaluation.protocol import bootstrap_record
from awry.evaluation.scored_clip import ScoredClip
from awry.scoring.events import EventOptions


@dataclass(frozen=True, slots=True)
class Level:
    """One level's figures.

    Attributes:
        figures: plain values for `metrics.json`.
        values: figure -> float64 (resamples,), on `protocol_draws` of the labelled clips; empty
            where there are fewer than two clips.
        detail: the curves (`RegionFigures`), or every event and alarm (`EventFigures`).
    """

    figures: dict[str, Any]
    values: dict[str, NDArray[np.float64]]
    detail: RegionFigures | EventFigures | None = None


class CannotMeasureError(Exception):
    """Why a level cannot be had, in a sentence."""


def evaluate_levels(
    clips: Sequence[ScoredClip],
    alarms: Mapping[str, Runs],
    budget: str | None = None,
    options: EventOptions | None = None,
    rule: EventRule | None = None,
) -> dict[str, Level | str]:
    """Measure where and when, beside the frame level of `awry.evaluation.protocol`.

    Clips without labels are left out, as there.

    Args:
        clips: all clips.
        alarms: for each clip by name, `(first, last)` of its alarms, both inclusive.
        budget: the false alarms that were allowed, in words; stands beside what happened.
        options: how frames were merged into alarms; recorded.
        rule: how alarms and events are counted; default `EventRule()`.

    Returns:
        `region`, `pixel` and `event`, each a level, or the reason why it cannot be had.
    """
    labelled = [clip for clip in clips if clip.labels is not None]
    events = {"event": lambda: _event_level(labelled, alarms, budget, options, rule)}
    return place_levels(clips) | _measured(labelled, events)


def place_levels(clips: Sequence[ScoredClip]) -> dict[str, Level | str]:
    """The levels that say where: `region` and `pixel`, as `evaluate_levels`."""
    labelled = [clip for clip in clips if clip.labels is not None]
    draws = protocol_draws(len(labelled))
    measures: dict[str, Callable[[], Level]] = {
        "region": lambda: _region_level(labelled, draws),
        "pixel": lambda: _pixel_level(labelled, draws),
    }
    return _measured(labelled, measures)


def _measured(
    labelled: Sequence[ScoredClip], measures: Mapping[str, Callable[[], Level]]
) -> dict[str, Level | str]:
    """Each level, or the reason why it cannot be had."""
    if not labelled:
        return dict.fromkeys(measures, "No clip has labels.")
    levels: dict[str, Level | str] = {}
    for name, measure in measures.items():
        try:
            levels[name] = measure()
        except (CannotMeasureError, InputError) as reason:
            levels[name] = str(reason)
    return levels


def region_level(clips: Sequence[ScoredClip]) -> Level | str:
    """The region level alone, as `evaluate_levels` gives it."""
    labelled = [clip for clip in clips if clip.labels is not None]
    measure = {"region": lambda: _region_level(labelled, protocol_draws(len(labelled)))}
    return _measured(labelled, measure)["region"]


def with_levels(metrics: Mapping[str, Any], levels: Mapping[str, Level | str]) -> dict[str, Any]:
    """What `evaluate_frames` gave, with levels beside its `frame`.

    Returns:
        The same with `region`, `pixel` and `event` (None where it cannot be had), their
        intervals under `intervals.LEVEL.FIGURE`, their resampled values under `bootstrap`, and
        `why_not`: level -> the reason.
    """
    measured = {name: level for name, level in levels.items() if isinstance(level, Level)}
    values = {
        f"{name}.{figure}": series
        for name, level in measured.items()
        for figure, series in level.values.items()
    }
    intervals = {
        name: {figure: _listed(interval(series)) for figure, series in level.values.items()}
        for name, level in measured.items()
    }
    frame = metrics["bootstrap"]
    mine = bootstrap_record(frame["clips"], values)
    bootstrap = {**mine, "values": {**frame["values"], **mine["values"]}}
    return {
        **metrics,
        **{name: measured[name].figures if name in measured else None for name in levels},
        "intervals": {**metrics["intervals"], **intervals},
        "bootstrap": bootstrap,
        "why_not": {name: why for name, why in levels.items() if isinstance(why, str)},
    }


def _listed(pair: tuple[float, float] | None) -> list[float] | None:
    return None if pair is None else list(pair)


def _region_level(clips: Sequence[ScoredClip], draws: Draws | None) -> Level:
    truth = {clip.name: clip.tracks for clip in clips if clip.tracks is not None}
    detections = {clip.name: clip.detections for clip in clips if clip.detections is not None}
    if len(detections) < len(clips):
        raise CannotMeasureError("This method gives no regions.")
    missing = [clip.name for clip in clips if clip.name not in truth]
    if missing:
        raise CannotMeasureError(
            f"{len(missing)} of {len(clips)} clips have no true tracks and no masks to link them "
            f"from: {', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}."
        )
    if not any(len(tracks.ids) for tracks in truth.values()):
        raise CannotMeasureError("There is no true box in any clip.")
    frames = {clip.name: clip.n_frames for clip in clips}
    figures = region_figures(truth, detections, frames)
    names = ("rbdc", "tbdc", "fpr_reached", "n_boxes", "n_tracks", "n_detections", "n_frames")
    row: dict[str, Any] = {name: getattr(figures, name) for name in names}
    sources = dict.fromkeys(tracks.source for tracks in truth.values() if len(tracks.ids))
    row["tracks"] = "; ".join(source for source in sources if source) or "as given"
    values: dict[str, NDArray[np.float64]] = {}
    if draws is not None:
        values["rbdc"], values["tbdc"] = resampled_region(truth, detections, frames, draws)
    return Level(row, values, figures)


def _pixel_level(clips: Sequence[ScoredClip], draws: Draws | None) -> Level:
    scores = [clip.pixel_scores for clip in clips if clip.pixel_scores is not None]
    labels = [c.labels if c.pixel_labels is None else c.pixel_labels for c in clips]
    truth = [marks for marks in labels if marks is not None]
    if len(scores) < len(clips):
        raise CannotMeasureError(
            "Pixel AUC needs anomaly maps of the method, and masks of every labelled clip."
        )
    row = {"auc": pixel_auc(scores, truth, [clip.name for clip in clips])}
    values = {} if draws is None else {"auc": resampled_micro_auc(scores, truth, draws)}
    return Level(row, values)


def _event_level(
    clips: Sequence[ScoredClip],
    alarms: Mapping[str, Runs],
    budget: str | None,
    options: EventOptions | None,
    rule: EventRule | None,
) -> Level:
    level = event_level(
        [alarms.get(clip.name, ()) for clip in clips],
        [true_runs(clip.labels) for clip in clips],
        [len(clip.scores) for clip in clips],
        [clip.fps for clip in clips],
        [clip.labels for clip in clips if clip.labels is not None],
        [clip.name for clip in clips],
        rule,
    )
    row = {
        **level.row,
        "budget": budget,
        "options": None if options is None else asdict(options),
        "true_events": "runs of abnormal frames",
    }
    return Level(row, level.values, level.figures)
