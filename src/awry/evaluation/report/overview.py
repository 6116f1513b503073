"""The top of a report: its first sentences, its cards, its contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awry.evaluation.metrics.event import Runs
from awry.evaluation.report.event_words import faults
from awry.evaluation.report.render import per_cent
from awry.evaluation.scored_clip import ScoredClip
from awry.results import FigureCard


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
    if event and (worst_first := faults(event)):
        listed = ", ".join(fault.sentence for fault in worst_first)
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


def cards(metrics: Mapping[str, Any]) -> list[FigureCard]:
    """The figures that a reader wants first; none where no clip has labels."""
    frame, primary = metrics["frame"], headline(metrics)
    if not frame["n_frames"]:
        return []
    around, remarks = primary["interval"], []
    if around:
        remarks = [
            f"95 % interval {per_cent(around[0], 1)} to {per_cent(around[1], 1)}, over clips"
        ]
    remarks += ["transductive"] if metrics["settings"].get("transductive") else []
    shown = [
        FigureCard("Micro AUC, this method", per_cent(primary["value"]), "; ".join(remarks)),
    ]
    if primary["flow"] is not None:
        shown.append(
            FigureCard(
                "Plain optical flow, no learning", per_cent(primary["flow"]), _gain(primary["gain"])
            )
        )
    blind = "knows only where the clip's middle is"
    counts = f"{frame['n_abnormal']} abnormal, {frame['n_scored']} scored"
    return [
        *shown,
        FigureCard("Best without looking at the video", per_cent(primary["blind"]), blind),
        *_level_cards(metrics),
        *_feedback_card(metrics),
        FigureCard("Frames", str(frame["n_frames"]), counts),
    ]


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


def _gain(gain: float | None) -> str:
    if gain is None:
        return ""
    return f"this method adds {100 * gain:.2f}" if gain > 0 else "this method does not beat it"


def _level_cards(metrics: Mapping[str, Any]) -> list[FigureCard]:
    """Where and when, at a glance."""
    region, event = metrics.get("region"), metrics.get("event")
    shown = []
    if region:
        value = f"{per_cent(region['rbdc'], 1)} / {per_cent(region['tbdc'], 1)}"
        shown.append(FigureCard("RBDC / TBDC", value, region["tracks"]))
    if event and (worst_first := faults(event)):
        worst, *others = worst_first
        listed = ", ".join(fault.sentence for fault in others)
        remark = f"the alarms' worst figure; {listed}{_budget(event)}"
        shown.append(FigureCard(worst.label, worst.value, remark))
    return shown


def _feedback_card(metrics: Mapping[str, Any]) -> list[FigureCard]:
    """What simulated feedback makes of a sifted run."""
    rounds = metrics.get("interactions", {}).get("mean")
    if not rounds:
        return []
    last = rounds[-1]
    label = f"Micro AUC after {last['interaction']} interactions"
    before = per_cent(last["auc_left_out_before"])
    remark = f"without fed-back frames; {before} before"
    return [FigureCard(label, per_cent(last["auc_left_out"]), remark)]


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
