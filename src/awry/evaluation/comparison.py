"""Any number of measured runs in one table: figures, and their differences from a base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from awry.errors import ConfigError, InputError
from awry.evaluation.compare import (
    Metrics,
    checked_metrics,
    compare,
    figures,
    own_interval,
    protocol_differences,
    read_metrics,
)
from awry.results import Result

Runs = Sequence[str | Path | Result] | Mapping[str, str | Path | Result]

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


def read_runs(given: Runs) -> list[MeasuredRun]:
    """Read measurements.

    Args:
        given: files, or folders with a `metrics.json`, or `NAME=PATH` for a name of one's own, or
            results of `awry.evaluate` and `awry.measure`; or a mapping of name -> any of them.
            Files without a name are called as their folder, their file, or by their path where
            these are alike; results `run 1`, ... by their place.

    Raises:
        InputError: there is none, a file cannot be read, or two have one name.
    """
    entries: list[tuple[str | None, Path, str | Path | Result]]
    if isinstance(given, Mapping):
        entries = [(name, _path(name, each), each) for name, each in given.items()]
    else:
        entries = [(*_named(each, number), each) for number, each in enumerate(given, 1)]
    files = [_file(path) for _, path, _ in entries]
    short = [own or _short(path) for own, path, _ in entries]
    names = [
        own or (word if short.count(word) == 1 else str(path))
        for (own, path, _), word in zip(entries, short, strict=True)
    ]
    names = [name if names.count(name) == 1 else f"{name} ({k})" for k, name in enumerate(names, 1)]
    metrics = [
        checked_metrics(each.to_dict(), file) if isinstance(each, Result) else read_metrics(file)
        for (_, _, each), file in zip(entries, files, strict=True)
    ]
    return list(map(MeasuredRun, names, files, metrics))


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
        compared = compare(base.metrics, other.metrics)
        if not compared["figures"]:
            raise InputError(f"{base.path} and {other.path} share no figure.")
        compared["figures"] = {
            place: row for place, row in compared["figures"].items() if place in kept
        }
        about = {"name": other.name, "file": str(other.path), "protocol_differences": differing}
        comparisons.append({**about, **compared})
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


def _path(name: str, given: str | Path | Result) -> Path:
    """Where it stands; of a result its report's folder, or else its name."""
    if not isinstance(given, Result):
        return Path(given)
    report = getattr(given, "report", None)
    return Path(name) if report is None else Path(report).with_name("metrics.json")


def _named(given: str | Path | Result, number: int) -> tuple[str | None, Path]:
    """`NAME=PATH` as both; a path that has such a sign itself is a path."""
    if isinstance(given, Result):
        path = _path(f"run {number}", given)
        return (None if path.name == "metrics.json" else str(path)), path
    name, sign, there = str(given).partition("=")
    if not sign or Path(given).exists() or not name:
        return None, Path(given)
    return name, Path(there)


def _file(path: Path) -> Path:
    return path / "metrics.json" if path.is_dir() else path


def _short(path: Path) -> str:
    """A folder's name, or a file's without its ending; `metrics.json` is called as its folder."""
    whole = path.absolute()
    return whole.parent.name if whole.name == "metrics.json" else whole.name.removesuffix(".json")
