"""Any number of measured runs in one table: figures, and their differences from a base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from awry.errors import ConfigError, InputError
from awry.evaluation.compare import (
    Metrics,
    compare,
    figures,
    own_interval,
    protocol_differences,
    read_metrics,
)

# What is said of each run: filters over time, and how much of the future a score saw.
TIME = ("smoothing", "lookahead_frames", "lookahead_s")
SAID = ("method", "preset", "seed", *TIME)


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """A measurement and what it is called.

    Attributes:
        name: unique among the runs.
        path: of its metrics.json.
        metrics: what `read_metrics` gave.
    """

    name: str
    path: Path
    metrics: Metrics


def read_runs(given: Sequence[str | Path]) -> list[MeasuredRun]:
    """Read measurements.

    Args:
        given: files, or folders with a `metrics.json`, or `NAME=PATH` for a name of one's own.
            Others are called as their folder, their file, or by their path where these are
            alike.

    Raises:
        InputError: there is none, a file cannot be read, or two have one name.
    """
    parts = [_named(one) for one in given]
    files = [_file(path) for _, path in parts]
    short = [own or _short(path) for own, path in parts]
    names = [
        own or (word if short.count(word) == 1 else str(path))
        for (own, path), word in zip(parts, short, strict=True)
    ]
    names = [name if names.count(name) == 1 else f"{name} ({k})" for k, name in enumerate(names, 1)]
    return [
        MeasuredRun(name, file, read_metrics(file)) for name, file in zip(names, files, strict=True)
    ]


def compare_runs(
    runs: Sequence[MeasuredRun],
    *,
    despite_differences: bool = False,
    select: Sequence[str] = (),
) -> dict[str, Any]:
    """The first run against each further one.

    Args:
        runs: two or more, the base first.
        despite_differences: compare although protocols differ.
        select: patterns of figures such as `frame.*` or `event.f1`; none: all of them.

    Returns:
        Plain values. `base`, the base's file; `runs`, of each run `name`, `file` and `figures`
        (place -> `value` and its own 95 % `interval`); `comparisons`, for each further run `name`,
        `file`, `protocol_differences`, and what `compare` gives; `settings`, file -> method,
        preset, seed, smoothing and look-ahead where known.

    Raises:
        InputError: fewer than two runs, protocols that differ, or no figure that both have.
        ConfigError: a pattern that no figure fits.
    """
    if len(runs) < 2:
        raise InputError("There is nothing to compare with; give two or more metrics.json files.")
    base, *others = runs
    kept = _selected(runs, select)
    comparisons = []
    for other in others:
        differing = protocol_differences(base.metrics, other.metrics)
        if differing and not despite_differences:
            raise InputError(
                f"{base.path} and {other.path} were not measured alike: {'; '.join(differing)}. "
                "Measure both in one way, or give --despite-differences."
            )
        found = compare(base.metrics, other.metrics)
        if not found["figures"]:
            raise InputError(f"{base.path} and {other.path} share no figure.")
        found["figures"] = {place: row for place, row in found["figures"].items() if place in kept}
        about = {"name": other.name, "file": str(other.path), "protocol_differences": differing}
        comparisons.append({**about, **found})
    return {
        "base": str(base.path),
        "runs": [_run(run, kept) for run in runs],
        "comparisons": comparisons,
        "settings": {str(run.path): _said(run) for run in runs},
    }


def _run(run: MeasuredRun, kept: Sequence[str]) -> dict[str, Any]:
    own = figures(run.metrics)
    return {
        "name": run.name,
        "file": str(run.path),
        "figures": {
            place: {"value": own[place], "interval": own_interval(run.metrics, place)}
            for place in kept
            if place in own
        },
    }


def _said(run: MeasuredRun) -> dict[str, Any]:
    settings = run.metrics.get("settings", {})
    return {name: settings.get(name) for name in SAID}


def _selected(runs: Sequence[MeasuredRun], select: Sequence[str]) -> list[str]:
    """The places of figures that fit a pattern, in the runs' order; all without patterns."""
    places = list(dict.fromkeys(place for run in runs for place in figures(run.metrics)))
    for pattern in select:
        if not any(fnmatchcase(place, pattern) for place in places):
            shown = ", ".join(places[:12]) + (", ..." if len(places) > 12 else "")
            raise ConfigError(f"No figure fits '{pattern}'; there are {shown}.")
    if not select:
        return places
    return [p for p in places if any(fnmatchcase(p, pattern) for pattern in select)]


def _named(given: str | Path) -> tuple[str | None, Path]:
    """`NAME=PATH` as both; a path that has such a sign itself is a path."""
    name, sign, path = str(given).partition("=")
    if not sign or Path(given).exists() or not name:
        return None, Path(given)
    return name, Path(path)


def _file(path: Path) -> Path:
    return path / "metrics.json" if path.is_dir() else path


def _short(path: Path) -> str:
    """A folder's name, or a file's without its ending; `metrics.json` is called as its folder."""
    whole = path.absolute()
    return whole.parent.name if whole.name == "metrics.json" else whole.name.removesuffix(".json")
