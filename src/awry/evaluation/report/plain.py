"""A report of scores that came in files: figures and curves, without pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awry.evaluation.levels import Level, with_levels
from awry.evaluation.metrics.event import Runs
from awry.evaluation.report.page import write_report
from awry.evaluation.scored_clip import ScoredClip
from awry.storage import write_json


def write_plain_report(
    out: Path,
    metrics: Mapping[str, Any],
    clips: Sequence[ScoredClip],
    *,
    title: str,
    levels: Mapping[str, Level | str] | None = None,
    threshold: float | None = None,
    alarms: Mapping[str, Runs] | None = None,
) -> str:
    """Write `metrics.json` and `report.html`, as an evaluation does.

    Args:
        out: their folder.
        metrics: what `evaluate_frames` gave.
        clips: the same clips.
        title: the page's heading.
        levels: what `evaluate_levels` gave; none if not given.
        threshold: an alarm has a frame above it; drawn into the curves.
        alarms: clip name -> `(first, last)` of its alarms, both inclusive.

    Returns:
        The report's path.

    Raises:
        WriteError: they cannot be written.
    """
    whole = with_levels(metrics, levels or {}) | {"failed": []}
    write_json(out / "metrics.json", whole)
    report = out / "report.html"
    write_report(
        report,
        whole,
        clips,
        title=title,
        settings=whole["settings"],
        levels=levels,
        thresholds={} if threshold is None else {clip.name: threshold for clip in clips},
        alarms=alarms,
    )
    return str(report)
