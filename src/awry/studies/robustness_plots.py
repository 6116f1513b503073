"""Plots of a robustness study, as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awry.evaluation.report.panels import Axis, Line, auc_limits, shown_names, write_panels

COUNTED = {
    "subsample": ("all frames", "kept frames only"),
    "contaminate": ("still in the test set", "taken out of the count"),
}
"""How a fit's frames are counted the first and the second time, by kind of condition."""
X_AXIS = {"subsample": "every n-th frame", "contaminate": "abnormal frames in training"}
Figures = Mapping[str, Any]


def plot_corruptions(
    out: Path, title: str, clean: Figures, conditions: Sequence[Figures]
) -> list[str]:
    """Plot AUCs, false alarms and what the threshold does; gives the files' paths."""
    if not conditions:
        return []
    groups: dict[str, list[Figures]] = {}
    for condition in conditions:
        groups.setdefault(condition["corruption"], [clean]).append(condition)
    everything = (clean, *conditions)
    ticks: list[float] = sorted({condition["severity"] for condition in everything})
    words: dict[float, str] = {0: "clean"}

    def lines(group: Sequence[Figures], names: dict[str, str], within: str | None) -> list[Line]:
        x = [condition["severity"] for condition in group]
        take = [condition[within] if within else condition for condition in group]
        return [
            Line(shown, x, [figures.get(name) for figures in take]) for name, shown in names.items()
        ]

    aucs = shown_names([condition["auc"] for condition in everything])
    limits = auc_limits([condition["auc"].get(name) for condition in everything for name in aucs])
    axis = Axis("severity", "micro AUC", ticks, words, limits, (0.5, "chance"))
    panels = {name: lines(group, aucs, "auc") for name, group in groups.items()}
    files = write_panels(out / "robustness", f"{title}: micro AUC", panels, axis)
    if clean.get("n_normal_frames", 0) is None:  # without a threshold there are no alarms to plot
        return files
    rate = false_alarm_rate(clean)
    axis = Axis("severity", rate.replace("_", " "), ticks, words)
    panels = {name: lines(group, {rate: "false alarms"}, None) for name, group in groups.items()}
    files += write_panels(out / "robustness-false-alarms", f"{title}: false alarms", panels, axis)
    shares = {"normal_share_over": "normal frames over the threshold",
              "recall": "true events found"}  # fmt: skip
    axis = Axis("severity", "share", ticks, words, (-0.03, 1.03))
    panels = {name: lines(group, shares, None) for name, group in groups.items()}
    name = f"{title}: at the clean threshold"
    return files + write_panels(out / "robustness-threshold", name, panels, axis)


def false_alarm_rate(clean: Figures) -> str:
    """The false alarms' figure that there is: per hour, or per 1000 frames without a rate."""
    per_hour = "false_alarms_per_hour"
    return per_hour if clean[per_hour] is not None else "false_alarms_per_1000_frames"


def plot_training(out: Path, title: str, kind: str, fits: Sequence[Figures]) -> list[str]:
    """Plot AUCs with their intervals, counted both ways; gives the files' paths."""
    if not fits:
        return []
    views = dict(zip(COUNTED[kind], (fits, [fit["recount"] for fit in fits]), strict=True))
    names = shown_names([fit["auc"] for fit in fits])
    x = [fit[kind] for fit in fits]
    panels = {
        view: [_line(shown, x, name, figures) for name, shown in names.items()]
        for view, figures in views.items()
    }
    ends = [value for lines in panels.values() for line in lines for value in (*line.y, *line.low)]
    axis = Axis(X_AXIS[kind], "micro AUC", x, {}, auc_limits(ends), (0.5, "chance"))
    return write_panels(out / "robustness", f"{title}: micro AUC, 95 % interval", panels, axis)


def _line(shown: str, x: Sequence[float], name: str, figures: Sequence[Figures]) -> Line:
    intervals = [each["interval"].get(name) or (None, None) for each in figures]
    low, high = zip(*intervals, strict=True)
    return Line(shown, x, [each["auc"].get(name) for each in figures], low, high)
