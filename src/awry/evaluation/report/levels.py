"""What the report shows of the region, pixel and event level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from awry.evaluation.levels import Level
from awry.evaluation.metrics.event import EventFigures, RaisedAlarm, TrueEvent
from awry.evaluation.metrics.region import RegionFigures
from awry.evaluation.report.event_words import whole_per_cent, why_missed
from awry.evaluation.report.figures import region_curves_uri, roc_uri
from awry.evaluation.report.moments import moment
from awry.evaluation.scored_clip import Peak, ScoredClip

MOST_WORST = 6
"""Worst misses and worst false alarms that are shown with pictures."""
MOST_FOUND = 4
RULES = {
    "begin": (
        "at least half of their frames lie in events or within {tolerance_s:g} s of one",
        "an alarm began in them, or at most {tolerance_s:g} s before; one alarm, one event",
    ),
    "touch": ("they share a frame with an event", "an alarm shares a frame with them"),
}
PUBLISHED_RANGES = "Tatbul et al. 2018, flat bias: share of each alarm in events, over their number"
Levels = Mapping[str, Level | str]


def level_rows(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the table "where and when": what, value, interval, remark."""
    rows: list[dict[str, Any]] = []
    region, pixel, event = (metrics.get(name) for name in ("region", "pixel", "event"))
    if region:
        tracks = f"{region['n_boxes']} true boxes on {region['n_tracks']} tracks"
        reached = f"false positives per frame reached {region['fpr_reached']:.3g}"
        rows.append(_row(metrics, "region", "rbdc", "RBDC", f"{tracks}: {region['tracks']}"))
        rows.append(_row(metrics, "region", "tbdc", "TBDC", f"{tracks}; {reached}"))
    if pixel:
        remark = "legacy: an abnormal frame counts once 40 % of its true pixels are covered"
        rows.append(_row(metrics, "pixel", "auc", "Pixel AUC", remark))
    if event:
        rows += _event_level_rows(metrics, event)
    return rows


def _event_level_rows(metrics: Mapping[str, Any], event: Mapping[str, Any]) -> list[dict[str, Any]]:
    right, recalled = (words.format(**event) for words in RULES[event["rule"]])
    alarms = f"{event['n_alarms'] - event['false_alarms']} of {event['n_alarms']} alarms right"
    events = f"{event['n_found']} of {event['n_told']} true events found"
    untold = event["n_events"] - event["n_told"]
    note = f"; {untold} more cannot be told" if untold else ""
    rows = [
        ("precision", "Alarm precision", f"{alarms}: {right}", None),
        ("precision_time", "Alarm time in events", "share of the frames in alarm", None),
        ("recall", "Event recall", f"{events}: {recalled}{note}", None),
        ("f1", "Event F1", "of alarm precision and event recall", None),
        *_delay_and_rate(event),
        ("range_precision", "Range-based precision", PUBLISHED_RANGES, None),
        ("range_recall", "Range-based recall", "the same of events", None),
        ("range_f1", "Range-based F1", "of the two above", None),
        ("nab", "NAB score", "Lavin and Ahmad 2015: 100 perfect, 0 silent", None),
    ]
    return [_row(metrics, "event", *row) for row in rows]


def _delay_and_rate(event: Mapping[str, Any]) -> list[tuple[str, str, str, str | None]]:
    delay, unit = ("delay_s", " s") if event["delay_s"] is not None else ("delay_frames", " frames")
    hourly = event["false_alarms_per_hour"] is not None
    rate = "false_alarms_per_hour" if hourly else "false_alarms_per_1000_frames"
    per = "an hour" if hourly else "in 1000 frames"
    normal = f"{event['false_alarms']} in {event['n_normal_frames']} normal frames"
    asked = f"; the budget was {event['budget']}" if event["budget"] else ""
    rows: list[tuple[str, str, str, str | None]] = [
        (delay, "Mean detection delay", "of the events found", unit),
        (rate, f"False alarms {per}", f"{normal}{asked}", ""),
        ("normal_share_in_alarm", "Normal frames in alarm", "of right and of false alarms", None),
    ]
    if hourly:
        minutes = ("false_alarm_minutes_per_hour", "Minutes in alarm an hour", "of normal footage")
        rows.append((*minutes, " min"))
    return rows


def _row(
    metrics: Mapping[str, Any],
    level: str,
    figure: str,
    label: str,
    remark: str,
    unit: str | None = None,
) -> dict[str, Any]:
    """A figure in words; without a unit it is a share, shown in per cent."""
    interval = metrics["intervals"].get(level, {}).get(figure)

    def words(value: float | None) -> str:
        if value is None:
            return "\u2013"
        if unit is None:
            return f"{100 * value:.2f}"
        return f"{value:.0f}{unit}" if value >= 100 else f"{value:.3g}{unit}"

    return {
        "label": label,
        "value": words(metrics[level][figure]),
        "interval": None if interval is None else f"{words(interval[0])} to {words(interval[1])}",
        "remark": remark,
    }


def curves(clips: Sequence[ScoredClip], levels: Levels) -> list[tuple[str, str, str]]:
    """Heading, picture and words of the ROC curve and the region curves, as far as there are."""
    labelled = [clip for clip in clips if clip.labels is not None]
    truth = np.concatenate([np.empty(0, np.uint8), *(np.asarray(c.labels) for c in labelled)])
    pictures: list[tuple[str, str, str]] = []
    if 0 < truth.sum() < len(truth):
        scores = np.concatenate([clip.scores for clip in labelled])
        words = "ROC curve over all frames: share of abnormal frames found over false alarm rate"
        pictures.append(("ROC, all frames", roc_uri(scores, truth), words))
    region = levels.get("region")
    if isinstance(region, Level) and isinstance(region.detail, RegionFigures):
        words = "Share of true boxes and of true tracks found over false positives per frame"
        picture = region_curves_uri(region.detail)
        pictures.append(("Boxes and tracks found", picture, words))
    return pictures


def event_rows(
    clips: Sequence[ScoredClip], levels: Levels, thresholds: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Every true event, missed ones first and those with the weakest peak before all."""
    level = levels.get("event")
    if not isinstance(level, Level) or not isinstance(level.detail, EventFigures):
        return []
    labelled = [clip for clip in clips if clip.labels is not None]
    options = level.figures["options"] or {}
    shortest = options.get("min_length")
    rows = [
        _event(labelled[event.clip], event, thresholds, shortest) for event in level.detail.events
    ]
    rows.sort(key=lambda row: (row["found"], row["peak"]))
    return rows


def shown_events(rows: Sequence[Mapping[str, Any]], *, found: bool) -> dict[str, Any] | None:
    """The events that have pictures: the weakest of those missed, or the strongest of those found.

    Args:
        rows: of `event_rows`.
        found: which of the two.

    Returns:
        `shown`, rows with their `moment`, and `words`, how many there are; None without any.
    """
    counted = [row for row in rows if row["told"]]
    these = [row for row in counted if row["found"] == found]
    chosen = [row for row in these if row["picture"] is not None]
    chosen = chosen[::-1][:MOST_FOUND] if found else chosen[:MOST_WORST]
    if not chosen:
        return None
    what = "found" if found else "missed"
    words = f"{len(these)} of {len(counted)} {'was' if len(these) == 1 else 'were'} {what}"
    words += f"; {len(chosen)} of them are shown." if len(chosen) < len(these) else "."
    shown = [
        {**row, "moment": moment(row["picture"], number, what)}
        for number, row in enumerate(chosen, 1)
    ]
    return {"shown": shown, "words": words}


def _event(
    clip: ScoredClip,
    event: TrueEvent,
    thresholds: Mapping[str, float],
    shortest: int | None,
) -> dict[str, Any]:
    span = slice(event.first, event.last + 1)
    at = event.first + int(np.argmax(clip.scores[span]))
    delay, threshold = event.delay_frames, thresholds.get(clip.name)
    first, last = clip.index(event.first), clip.index(event.last)
    picture = next((p for p in clip.event_peaks if first <= p.index <= last), None)
    return {
        "clip": clip.name,
        "first": first,
        "last": last,
        "found": event.found,
        "told": event.outcome != "cannot_be_told",
        "why": ""
        if event.found
        else why_missed(event.outcome, clip.scores[span], threshold, shortest),
        "delay": delay,
        "delay_s": None if delay is None or not clip.fps else delay / clip.fps,
        "peak": float(clip.scores[at]),
        "peak_frame": clip.index(at),
        "share": _share(float(clip.scores[at]), threshold),
        "reason": "" if picture is None else picture.reason,
        "picture": picture,
    }


def _share(peak: float, threshold: float | None) -> float | None:
    """The peak as a multiple of the threshold, where that means something."""
    return peak / threshold if threshold is not None and threshold > 0 else None


def worst_normal_moments(
    clips: Sequence[ScoredClip], levels: Levels, thresholds: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The strongest normal frames of all clips, relative to their thresholds; with pictures.

    `alarm` says whether an alarm was on, and whether it counts as a false one.
    """
    level = levels.get("event")
    figures = level.detail if isinstance(level, Level) else None
    alarms = figures.alarms if isinstance(figures, EventFigures) else []
    peaks: list[tuple[float, Peak, str]] = []
    for number, clip in enumerate(clip for clip in clips if clip.labels is not None):
        own = [alarm for alarm in alarms if alarm.clip == number]
        for peak in clip.normal_peaks:
            rank = peak.score - thresholds.get(clip.name, 0.0)
            peaks.append((rank, peak, _alarm_at(clip, peak.index, own)))
    peaks.sort(key=lambda entry: -entry[0])
    return [
        {**moment(peak, number, "false-alarm"), "alarm": alarm}
        for number, (_, peak, alarm) in enumerate(peaks[:MOST_WORST], 1)
    ]


def _alarm_at(clip: ScoredClip, index: int, alarms: Sequence[RaisedAlarm]) -> str:
    """What is said of a normal frame: no alarm, a false one, or one that counts as right."""
    for alarm in alarms:
        if clip.index(alarm.first) <= index <= clip.index(alarm.last):
            share = f"{whole_per_cent(alarm.share)} % of it in or beside events"
            return (
                f"in {'an alarm that counts as right' if alarm.true else 'a false alarm'}, {share}"
            )
    return "no alarm"
