"""Two or more measurements side by side, with paired intervals of their differences.

Measurements are what `metrics.json` holds, or what `awry metrics ... --json` prints. Every run
draws the same clips for the same list of clips, and `bootstrap.values` has each figure on each
draw: the difference is taken draw by draw, so that what makes a clip hard for both cancels out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from awry.errors import InputError
from awry.evaluation.declaration import UNKNOWN
from awry.evaluation.event_level import EVENT_FIGURES
from awry.evaluation.files.clips import listed
from awry.evaluation.metrics.bootstrap import interval, paired_difference
from awry.foreign import read_json, reading

Metrics = Mapping[str, Any]

FIGURES = (
    *("micro_auc", "macro_auc", "macro_auc_sentinels", "ap", "auc", "rbdc", "tbdc"),
    *EVENT_FIGURES,
)
SECTIONS = ("frame", "variants", "levels", "parts", "references", "region", "event", "pixel")
ROWS = ("variants", "levels", "parts", "references")  # of these the micro AUC alone
CHOICES = ("normalisation", "smoothing", "unscored_frames", "transductive")
SECTION_CHOICES = (
    *("alpha", "beta", "compat", "source", "tracks", "budget", "options", "fps"),
    *("rule", "tolerance_s", "range_options"),
)
# What files say by silence that were written before a choice was recorded.
FORMER: Mapping[str, Mapping[str, Any]] = {"event": {"rule": "touch"}}
TRUTH = ("n_frames", "n_abnormal", "n_boxes", "n_tracks", "n_events", "n_normal_frames")
# What belongs to a method, not to how it was measured.
OWN = ("threshold", "alarms")


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    clip: str


class _Draws(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    values: dict[str, list[float | None]] = {}


class _Choices(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    variants: dict[str, Any] = {}


class _Measurement(BaseModel):
    """The parts of a measurement whose form is relied on."""

    model_config = ConfigDict(extra="allow", strict=True)

    settings: _Choices = _Choices()
    clips: list[_Row] = []
    bootstrap: _Draws | None = None


def read_metrics(path: Path) -> dict[str, Any]:
    """Read a measurement.

    Raises:
        InputError: the file cannot be read or holds no figures.
    """
    metrics = read_json(path, error=InputError, cure="Expected a metrics.json.")
    return checked_metrics(metrics, path)


def checked_metrics(metrics: dict[str, Any], where: Path) -> dict[str, Any]:
    """A measurement whose form was checked; `where` is for messages.

    Raises:
        InputError: it holds no figures.
    """
    # `awry metrics region` and `event` print their figures without a section around them.
    for name, sign in (("region", "rbdc"), ("event", "n_events")):
        if sign in metrics:
            metrics = {**metrics, name: {k: v for k, v in metrics.items() if not _nested(v)}}
    with reading(where, "a metrics.json", InputError):
        _Measurement.model_validate(metrics)
        there = bool(figures(metrics))
    if not there:
        raise InputError(
            f"{where} holds no figures; expected a metrics.json of `awry evaluate`, or what "
            "`awry metrics ... --json` prints."
        )
    return metrics


def figures(metrics: Metrics) -> dict[str, float]:
    """The figures that can be compared, by their place, e.g. `frame.micro_auc`."""
    drawn = _bootstrap(metrics).get("values", {})
    return {
        place: value
        for section in SECTIONS
        for place, value in _leaves(section, metrics.get(section))
        if place.rsplit(".", 1)[-1] in (("micro_auc",) if section in ROWS else FIGURES)
        or place in drawn
    }


def own_interval(metrics: Metrics, place: str) -> list[float] | None:
    """The 95 % interval of a figure itself; None where no draws are recorded of it."""
    draws = _bootstrap(metrics).get("values", {}).get(place)
    pair = None if draws is None else interval(np.array(draws, np.float64))
    return None if pair is None else list(pair)


def compare(base: Metrics, other: Metrics) -> dict[str, Any]:
    """What two measurements share, whether or not their protocols agree.

    Args:
        base, other: of `read_metrics`.

    Returns:
        `figures`: place -> `base`, `other`, `difference` (other less base), `interval` (95 %, of
        the difference, None where it cannot be had) and `excludes_zero` (None likewise); `notes`:
        why intervals are missing, one sentence each.
    """
    first, second = figures(base), figures(other)
    notes = _unpaired(_bootstrap(base), _bootstrap(other))
    unpaired = bool(notes)
    rows, without = {}, []
    for place in (name for name in first if name in second):
        row: dict[str, Any] = {
            "base": first[place],
            "other": second[place],
            "difference": second[place] - first[place],
        }
        around = None if unpaired else _interval(base, other, place)
        row["interval"] = around
        row["excludes_zero"] = None if around is None else not around[0] <= 0 <= around[1]
        rows[place] = row
        without += [place] if around is None else []
    if without and not unpaired:
        notes.append(f"No draws are recorded of {listed(without)}.")
    if _smoothing_unknown(base) != _smoothing_unknown(other):
        notes.append("Whether one of the two was smoothed inside its scorer is not known.")
    return {"figures": rows, "notes": notes}


def protocol_differences(base: Metrics, other: Metrics) -> list[str]:
    """What makes two measurements incomparable, one clause each; empty if they agree."""
    first, second = base.get("settings", {}), other.get("settings", {})
    differences = _clip_differences(base, other)
    unlike = [name for name in CHOICES if first.get(name) != second.get(name)]
    if "smoothing" in unlike and (_smoothing_unknown(base) or _smoothing_unknown(other)):
        unlike.remove("smoothing")
    differences += [
        f"{name}: {_said(first.get(name))} against {_said(second.get(name))}" for name in unlike
    ]
    if not (_has_digests(base) and _has_digests(other)) and first.get("labels") != second.get(
        "labels"
    ):
        differences.append(
            f"label source: {_said(first.get('labels'))} against {_said(second.get('labels'))}"
        )
    variants = first.get("variants", {}), second.get("variants", {})
    if first.get("smoothing") != second.get("smoothing"):
        variants = ({}, {})  # they say the same once more
    for name in (name for name in variants[0] if name in variants[1]):
        if variants[0][name] != variants[1][name]:
            differences.append(f"variant {name}: {variants[0][name]} against {variants[1][name]}")
    for section in ("frame", "region", "event", "pixel"):
        differences += _section_differences(section, base, other)
    return list(dict.fromkeys(differences))


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _leaves(place: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{place}.{name}", inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place, float(value)


def _bootstrap(metrics: Metrics) -> Mapping[str, Any]:
    record = metrics.get("bootstrap")
    return record if isinstance(record, dict) else {}


def _unpaired(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Why draws cannot be paired; empty if they can."""
    if not first.get("values") or not second.get("values"):
        which = "both files" if not first.get("values") and not second.get("values") else "one file"
        return [f"No intervals: {which} held no draws (an older file, or fewer than two clips)."]
    if first.get("clips") != second.get("clips"):
        return ["No intervals: the two are not of the same clips in the same order."]
    if any(first.get(name) != second.get(name) for name in ("seed", "resamples")):
        return ["No intervals: the two were drawn with other seeds or numbers of draws."]
    return []


def _interval(base: Metrics, other: Metrics, place: str) -> list[float] | None:
    draws = [_bootstrap(metrics)["values"].get(place) for metrics in (base, other)]
    if draws[0] is None or draws[1] is None:
        return None
    first, second = (np.array(values, np.float64) for values in draws)
    pair = paired_difference(second, first).difference_interval
    return None if pair is None else list(pair)


def _clip_differences(base: Metrics, other: Metrics) -> list[str]:
    first, second = ({row["clip"]: row for row in m.get("clips", [])} for m in (base, other))
    if not first or not second:
        return []
    differences = []
    for clips, against, which in ((first, second, "first"), (second, first, "second")):
        alone = [name for name in clips if name not in against]
        if alone:
            differences.append(f"clips that only the {which} has: {listed(alone)}")
    shared = [name for name in first if name in second]
    for key, what in (
        ("n_frames", "numbers of frames"),
        ("n_abnormal", "numbers of abnormal frames"),
        ("labels_sha256", "labels"),
    ):
        odd = [
            n
            for n in shared
            if key in first[n] and key in second[n] and first[n][key] != second[n][key]
        ]
        if odd:
            differences.append(f"{what} of {listed(odd)}")
            break
    return differences


def _has_digests(metrics: Metrics) -> bool:
    clips = metrics.get("clips", [])
    return bool(clips) and all(row.get("labels_sha256") for row in clips)


def _section_differences(section: str, base: Metrics, other: Metrics) -> list[str]:
    """Choices and truth that a section was measured with, where both have it."""
    base_section, other_section = base.get(section), other.get(section)
    if not isinstance(base_section, dict) or not isinstance(other_section, dict):
        return []
    base_section, other_section = (
        {**FORMER.get(section, {}), **values} for values in (base_section, other_section)
    )
    keys = [
        key for key in (*SECTION_CHOICES, *TRUTH) if key in base_section and key in other_section
    ]
    pairs = {key: (base_section[key], other_section[key]) for key in keys}
    chosen = [m.get("settings", {}).get(section) for m in (base, other)]
    if isinstance(chosen[0], dict) and isinstance(chosen[1], dict):
        names = [key for key in {**chosen[0], **chosen[1]} if key not in OWN]
        pairs |= {key: (chosen[0].get(key), chosen[1].get(key)) for key in names}
    return [
        f"{section} {key}: {_said(first)} against {_said(second)}"
        for key, (first, second) in pairs.items()
        if first != second
    ]


def _smoothing_unknown(metrics: Metrics) -> bool:
    return metrics.get("settings", {}).get("smoothing_inside") == UNKNOWN


def _said(value: Any) -> str:
    return "not said" if value is None else str(value)
