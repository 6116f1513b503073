"""The top of a report: its first sentences, its cards, its contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awry.evaluation.metrics.event import Runs
from awry.evaluation.report.event_words import faults
from awry.evaluation.report.render import per_cent
from awry.evaluation.scored_clip import ScoredClip


def in_short(
    metrics: Mapping[str, Any],
    primary: Mapping[str, Any],
    alarms: Mapping[str, Runs],
    clips: Sequence[ScoredClip],
) -> str:
    """The page's first sentences.

    Args:
        metrics: of the report.
        primary: of `headline`.
        alarms: clip name -> its alarms.
        clips: all of them.
    """
    event, words = metrics.get("event"), []
    if event and (found := faults(event)):
        listed = ", ".join(fault.sentence for fault in found)
        words.append(f"The alarms, worst figure first: {listed}{_budget(event)}")
    elif alarms:
        count, with_alarm = sum(map(len, alarms.values())), sum(map(bool, alarms.values()))
        plural = "" if count == 1 else "s"
        words.append(f"{count} alarm{plural} in {with_alarm} of {len(clips)} clips")
    if primary["value"] is not None:
        figure = f"Single frames: micro AUC {per_cent(primary['value'], 1)}"
        if primary["flow"] is not None:
            figure += f", plain optical flow {per_cent(primary['flow'], 1)}"
        words.append(figure)
    return " ".join(f"{sentence}." for sentence in words)


def headline(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The primary figure, and whether it is more than the plain references reach."""
    own = metrics["frame"]["micro_auc"]
    blind = [row["micro_auc"] for row in metrics["content_free"].values()]
    flow = metrics["references"].get("flow", {}).get("micro_auc")
    return {
        "value": own,
        "interval": metrics["intervals"]["frame"],
        "blind": max((value for value in blind if value is not None), default=None),
        "flow": flow,
        "gain": None if own is None or flow is None else own - flow,
    }


def tiles(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where and when, at a glance."""
    tiles = []
    region, event = metrics.get("region"), metrics.get("event")
    if region:
        value = f"{per_cent(region['rbdc'], 1)} / {per_cent(region['tbdc'], 1)}"
        tiles.append({"label": "RBDC / TBDC", "value": value, "detail": region["tracks"]})
    if event and (found := faults(event)):
        worst, *others = found
        listed = ", ".join(fault.sentence for fault in others)
        detail = f"the alarms' worst figure; {listed}{_budget(event)}"
        tiles.append({"label": worst.label, "value": worst.value, "detail": detail})
    return tiles


def _budget(event: Mapping[str, Any]) -> str:
    return f"; budget {event['budget']}" if event["budget"] else ""


def contents(context: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Each part of the page: its id, its name, and whether it is there."""
    labelled = context["labelled"]
    return [
        ("failed", "Not in this report", context["failed"]),
        ("missed", "Missed events", context["missed"]),
        ("found", "Found events", context["found"]),
        ("false-alarms", "Strongest normal frames", context["false_alarms"]),
        ("strongest", "Strongest moments", context["strongest"]),
        ("events", f"True events ({len(context['events'])})", context["events"]),
        ("figures", "Figures", labelled),
        ("levels", "Where and when", labelled and (context["level_rows"] or context["why_not"])),
        ("curves", "Curves", labelled and context["curves"]),
        ("notes", f"Notes ({len(context['notes'])})", context["notes"]),
        ("ignored", "Ignored regions", context["ignore_preview"]),
        ("pictures", "Pictures", context["figures"]),
        ("clips", f"Clips ({len(context['clips'])})", context["clips"]),
        ("settings", "Settings", True),
    ]
