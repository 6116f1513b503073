"""The figures of one evaluation that stand in a survey's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awry.evaluation.result import EvaluationResult

FIGURES: Mapping[str, str] = {
    "micro": "frame AUC over all clips, as scored",
    "micro_smoothed": "the same, smoothed offline",
    "micro_causal": "the same, smoothed causally",
    "macro": "mean of the AUCs within clips, as scored",
    "macro_smoothed": "the same, smoothed offline",
    "ap": "average precision over all frames",
    "rbdc": "region-based detection criterion",
    "tbdc": "track-based detection criterion",
    "event_recall": "share of the true events that an alarm found",
    "alarm_precision": "share of the alarms that were right",
    "normal_in_alarm": "share of the normal frames that lay in alarms",
    "false_alarms_per_hour": "false alarms in an hour of normal footage",
}
# Figure -> where it stands in `metrics.json`, and its interval.
_PLACES = {
    "micro": (("frame", "micro_auc"), ("frame_figures", "micro_auc")),
    "micro_smoothed": (("variants", "offline", "micro_auc"), ("variants", "offline")),
    "micro_causal": (("variants", "causal", "micro_auc"), ("variants", "causal")),
    "macro": (("frame", "macro_auc"), ("frame_figures", "macro_auc")),
    "macro_smoothed": (("variants", "offline", "macro_auc"), ()),
    "ap": (("frame", "ap"), ("frame_figures", "ap")),
    "rbdc": (("region", "rbdc"), ("region", "rbdc")),
    "tbdc": (("region", "tbdc"), ("region", "tbdc")),
    "event_recall": (("event", "recall"), ("event", "recall")),
    "alarm_precision": (("event", "precision"), ("event", "precision")),
    "normal_in_alarm": (("event", "normal_share_in_alarm"), ("event", "normal_share_in_alarm")),
    "false_alarms_per_hour": (
        ("event", "false_alarms_per_hour"),
        ("event", "false_alarms_per_hour"),
    ),
}


def figures_of(result: EvaluationResult) -> dict[str, Any]:
    """`figures` and `intervals` by the names of `FIGURES`, None where there is none; and what a
    reader must know beside them: `smoothing_inside`, `lookahead_frames`, `ms_per_frame`.
    """
    metrics = result.metrics
    intervals = metrics.get("intervals", {})
    settings = result.settings
    return {
        "figures": {name: _at(metrics, place) for name, (place, _) in _PLACES.items()},
        "intervals": {name: _at(intervals, place) for name, (_, place) in _PLACES.items()},
        "smoothing_inside": settings.get("smoothing_inside"),
        "lookahead_frames": settings.get("lookahead_frames"),
        "ms_per_frame": metrics["speed"]["ms_per_frame"].get("all"),
    }


def references_of(result: EvaluationResult) -> dict[str, dict[str, float | None]]:
    """The rows that learn nothing, by name: micro and macro AUC and AP."""
    rows = {**result.metrics.get("references", {}), **result.metrics["content_free"]}
    return {
        name: {"micro": row["micro_auc"], "macro": row["macro_auc"], "ap": row["ap"]}
        for name, row in rows.items()
    }


def _at(values: Any, place: tuple[str, ...]) -> Any:
    """What stands at a place of nested mappings; None where a step of it is missing."""
    if not place:
        return None
    for step in place:
        values = values.get(step) if isinstance(values, Mapping) else None
    return values
