"""The report: one HTML file that needs no other and no network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.declaration import variant_words
from awry.evaluation.levels import Level
from awry.evaluation.metrics.event import Runs, true_runs
from awry.evaluation.report.figures import curve_uri, picture_uri, score_limits
from awry.evaluation.report.levels import (
    curves,
    event_rows,
    level_rows,
    shown_events,
    worst_normal_moments,
)
from awry.evaluation.report.moments import moment, peaks_to_show
from awry.evaluation.report.overview import cards, contents, headline, in_short
from awry.evaluation.report.render import render
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.storage import write_text
from awry.version import __version__

__all__ = ["Peak", "write_report", "write_strangest"]

Picture = NDArray[np.uint8]
MOST_STRONGEST = 6
WIDE, NARROW = (1040.0, 230.0), (358.0, 230.0)
SHORT_NAMES = {
    "none": "as scored",
    "offline": "smoothed offline",
    "causal": "smoothed causally",
    "clip": "per-clip min-max",
    "clip_unscored_dropped": "per-clip min-max, unscored frames dropped",
    "unscored_dropped": "unscored frames dropped",
    "window_ahead_unscored_dropped": "min-max of 200 frames ahead, unscored frames dropped",
    "train": "scaled by calibration footage",
}
REFERENCE_NAMES = {
    "constant": ("constant score", "does not look at the video"),
    "triangle": ("triangle over the clip", "does not look at the video, knows the clip's end"),
    "flow": ("plain optical flow", "no learning; as scored; future seen: none"),
    "flow_offline": (
        "plain optical flow, smoothed offline",
        "no learning; future seen: 32 frames",
    ),
}


def write_report(
    path: Path,
    metrics: Mapping[str, Any],
    clips: Sequence[ScoredClip],
    *,
    title: str,
    settings: Mapping[str, Any],
    levels: Mapping[str, Level | str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    alarms: Mapping[str, Runs] | None = None,
    ignore_preview: Picture | None = None,
    extra_figures: Sequence[tuple[str, Picture]] = (),
) -> None:
    """Write the report of an evaluation.

    Args:
        path: the HTML file.
        metrics: what `evaluate_frames` gave, best `with_levels`; `failed`, if there, lists what
            could not be read.
        clips: the clips, with or without labels.
        title: the page's heading.
        settings: nested values, all of them shown.
        levels: what `evaluate_levels` gave, for curves and events; none if not given.
        thresholds: clip name -> alarm threshold, drawn into the curves.
        alarms: clip name -> `(first, last)` of its alarms, both inclusive.
        ignore_preview: uint8 (H, W, 3), RGB, a frame with the ignored regions drawn.
        extra_figures: caption and uint8 (H, W, 3) RGB picture each.

    Raises:
        WriteError: the file cannot be written.
    """
    thresholds, alarms, levels = thresholds or {}, alarms or {}, levels or {}
    kept = peaks_to_show(clips, thresholds)
    events = event_rows(clips, levels, thresholds)
    context: dict[str, Any] = {
        "title": title,
        "version": __version__,
        "labelled": metrics["frame"]["n_frames"] > 0,
        "frame": metrics["frame"],
        "headline": headline(metrics),
        "groups": _groups(metrics),
        "cards": cards(metrics),
        "level_rows": level_rows(metrics),
        "why_not": metrics.get("why_not", {}),
        "curves": curves(clips, levels),
        "events": events,
        "missed": shown_events(events, found=False),
        "found": shown_events(events, found=True),
        "false_alarms": worst_normal_moments(clips, levels, thresholds),
        "settings": list(_flat(settings)),
        "interval": metrics["settings"]["interval"],
        "failed": list(metrics.get("failed", [])),
        "notes": list(metrics["settings"].get("clip_notes", [])),
        "clips": _clips(metrics, clips, kept, thresholds, alarms),
        "clip_pictures": _count_in_words(clips, kept),
        "ignore_preview": None if ignore_preview is None else picture_uri(ignore_preview),
        "figures": [(caption, picture_uri(image, 1200)) for caption, image in extra_figures],
    }
    labelled = context["labelled"]
    context["strongest"] = [] if labelled else _strongest(clips, thresholds)
    context["in_short"] = in_short(metrics, context["headline"], alarms, clips)
    context["contents"] = [(id, words) for id, words, there in contents(context) if there]
    write_text(path, render("report.html.j2", context))


def write_strangest(path: Path, moments: Sequence[Peak], title: str, advice: str) -> None:
    """Write a page of moments, for a person to judge.

    Args:
        path: the HTML file.
        moments: strongest first; their `clip` names where each comes from.
        title: the page's heading.
        advice: what to do about a moment that does not belong.

    Raises:
        WriteError: the file cannot be written.
    """
    context = {
        "title": title,
        "advice": advice,
        "version": __version__,
        "moments": [moment(peak, number, "moment") for number, peak in enumerate(moments, 1)],
    }
    write_text(path, render("strangest.html.j2", context))


def _clips(
    metrics: Mapping[str, Any],
    clips: Sequence[ScoredClip],
    kept: Sequence[Sequence[Peak]],
    thresholds: Mapping[str, float],
    alarms: Mapping[str, Runs],
) -> list[dict[str, Any]]:
    """Each clip's curve, figures and kept moments."""
    limits = score_limits(clips, [thresholds.get(clip.name) for clip in clips])
    measures = {row["clip"]: row for row in metrics["clips"]}
    return [
        _clip(
            replace(clip, peaks=peaks),
            f"clip-{number}",
            measures[clip.name],
            thresholds.get(clip.name),
            alarms.get(clip.name, ()),
            limits,
        )
        for number, (clip, peaks) in enumerate(zip(clips, kept, strict=True), 1)
    ]


def _strongest(
    clips: Sequence[ScoredClip], thresholds: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The strongest moments of footage without labels."""
    kept = peaks_to_show(clips, thresholds, MOST_STRONGEST)
    peaks = [
        (p.score - thresholds.get(c.name, 0.0), p)
        for c, k in zip(clips, kept, strict=True)
        for p in k
    ]
    peaks.sort(key=lambda pair: -pair[0])
    return [moment(peak, number, "strongest") for number, (_, peak) in enumerate(peaks, 1)]


def _count_in_words(clips: Sequence[ScoredClip], kept: Sequence[Sequence[Peak]]) -> str:
    shown, every = sum(map(len, kept)), sum(len(clip.peaks) for clip in clips)
    if shown == every:
        return ""
    return f"{shown} of {every} moments have pictures, the strongest; the others are left out."


def _groups(metrics: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The table's rows under their headings."""
    intervals = metrics["intervals"]
    settings = metrics["settings"]
    inside, seen = settings.get("smoothing_inside", "none"), settings["future_seen"]
    named = {"none": (metrics["frame"], intervals["frame"])}
    named |= {name: (row, intervals["variants"][name]) for name, row in metrics["variants"].items()}
    own = []
    for name, (row, interval) in named.items():
        detail = f"{variant_words(name, inside)}; future seen: {seen[name]}"
        own.append(_row(SHORT_NAMES[name], detail, row, interval))
    plain = []
    for kind in ("content_free", "references"):
        for name, row in metrics[kind].items():
            label, detail = REFERENCE_NAMES.get(name, (name, ""))
            plain.append(_row(label, detail, row, intervals[kind][name]))
    parts = [
        _row(
            name,
            f"this part of the score alone; future seen: {seen['none']}",
            row,
            intervals["parts"][name],
        )
        for name, row in metrics["parts"].items()
    ]
    levels = [
        _row(
            name.replace("_offline", ", smoothed"),
            f"this level alone; future seen: {seen[_smoothed(name)]}",
            row,
            intervals["levels"][name],
        )
        for name, row in metrics["levels"].items()
    ]
    groups = [("This method", own), ("Its levels", levels), ("Plain references", plain)]
    groups.append(("Parts of the score", parts))
    return [(name, rows) for name, rows in groups if rows]


def _smoothed(name: str) -> str:
    """The variant that a level's or reference's row is like."""
    return "offline" if name.endswith("_offline") else "none"


def _row(
    label: str, detail: str, metrics: Mapping[str, Any], interval: Sequence[float] | None
) -> dict[str, Any]:
    return {**metrics, "label": label, "detail": detail, "interval": interval}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as dotted names and words."""
    rows: list[tuple[str, str]] = []
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            rows += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            rows.append((prefix + str(name), value))
        else:
            rows.append((prefix + str(name), json.dumps(value, default=str, ensure_ascii=False)))
    return rows


def _clip(
    clip: ScoredClip,
    place: str,
    measures: Mapping[str, Any],
    threshold: float | None,
    alarms: Runs,
    limits: tuple[float, float],
) -> dict[str, Any]:
    truth = true_runs(clip.labels)
    return {
        **measures,
        "fps": clip.fps,
        "labelled": clip.labels is not None,
        "curve": curve_uri(clip, threshold, alarms, limits, WIDE),
        "curve_narrow": curve_uri(clip, threshold, alarms, limits, NARROW),
        "alt": _curve_in_words(clip, truth, threshold, alarms),
        "alarms": _in_words(alarms),
        "n_alarms": len(alarms),
        "truth": _in_words(truth),
        "threshold": threshold,
        "moments": [
            moment(peak, number, place, clip.labels) for number, peak in enumerate(clip.peaks, 1)
        ],
    }


def _curve_in_words(
    clip: ScoredClip,
    truth: Sequence[tuple[int, int]],
    threshold: float | None,
    alarms: Sequence[tuple[int, int]],
) -> str:
    words = f"Score of clip {clip.name} over {len(clip.scores)} frames"
    if len(clip.scores):
        top = int(np.argmax(clip.scores))
        words += f", highest {clip.scores[top]:.4g} at frame {top}"
    if clip.labels is not None:
        words += f". Truly abnormal frames: {_in_words(truth) or 'none'}"
    if threshold is not None:
        words += f". Alarms above {threshold:.4g}: {_in_words(alarms) or 'none'}"
    return words + "."


def _in_words(runs: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{first}-{last}" for first, last in runs)
