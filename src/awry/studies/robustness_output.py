"""Tables and plots of `awry robustness`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Column

from awry.evaluation.report.panels import Axis, Line, auc_limits, shown_names, write_panels
from awry.studies.cells import Cell
from awry.terminal import Console, Table

BELOW = "Below a figure stands its 95 % interval over clips, where there are two clips or more."


def plot_robustness(out: Path, title: str, clean: Cell, cells: Sequence[Cell]) -> list[str]:
    """Plot AUCs, false alarms and what the threshold does; gives the files' paths."""
    if not cells:
        return []
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell["corruption"], [clean]).append(cell)
    everything = (clean, *cells)
    ticks: list[float] = sorted({cell["severity"] for cell in everything})
    words: dict[float, str] = {0: "clean"}

    def lines(group: Sequence[Cell], names: dict[str, str], within: str | None) -> list[Line]:
        x = [cell["severity"] for cell in group]
        take = [cell[within] if within else cell for cell in group]
        return [Line(shown, x, [one.get(name) for one in take]) for name, shown in names.items()]

    aucs = shown_names([cell["auc"] for cell in everything])
    limits = auc_limits([cell["auc"].get(name) for cell in everything for name in aucs])
    axis = Axis("severity", "micro AUC", ticks, words, limits, (0.5, "chance"))
    panels = {name: lines(group, aucs, "auc") for name, group in groups.items()}
    files = write_panels(out / "robustness", f"{title}: micro AUC", panels, axis)
    rate = _rate(clean)
    axis = Axis("severity", rate.replace("_", " "), ticks, words)
    panels = {name: lines(group, {rate: "false alarms"}, None) for name, group in groups.items()}
    files += write_panels(out / "robustness-false-alarms", f"{title}: false alarms", panels, axis)
    shares = {"normal_share_over": "normal frames over the threshold",
              "recall": "true events found"}  # fmt: skip
    axis = Axis("severity", "share", ticks, words, (-0.03, 1.03))
    panels = {name: lines(group, shares, None) for name, group in groups.items()}
    name = f"{title}: at the clean threshold"
    return files + write_panels(out / "robustness-threshold", name, panels, axis)


def _rate(clean: Cell) -> str:
    per_hour = "false_alarms_per_hour"
    return per_hour if clean[per_hour] is not None else "false_alarms_per_1000_frames"


def show_robustness(result: dict[str, Any]) -> None:
    """Print the table."""
    cells = [result["clean"], *result["cells"]]
    names = shown_names([cell["auc"] for cell in cells])
    rate = _rate(result["clean"])
    unit = "per hour" if rate.endswith("hour") else "per 1000 frames"
    shares_of = ("normal frames over, %", "normal frames in alarm, %", "events found, %")
    heads = (f"false alarms {unit}", *shares_of)
    first = Column("corruption", no_wrap=True)
    title = "micro AUC of each kind of score, per cent, and alarms at the clean threshold"
    table = Table(first, "", "what it is", *names.values(), *heads, title=title)
    for cell in cells:
        severity = str(cell["severity"] or "")
        aucs = [with_interval(cell["auc"], cell["interval"], name) for name in names]
        own = cell["alarm_interval"]
        alarms = with_interval(cell, own, rate, factor=1, digits=1)
        shares = [
            per_cent(cell["normal_share_over"]),
            *(with_interval(cell, own, name) for name in ("normal_share_in_alarm", "recall")),
        ]
        table.add_row(cell["corruption"], severity, cell["says"], *aucs, alarms, *shares)
    printer = Console()
    printer.print(table)
    words = [BELOW, *result["notes"], "plots: " + ", ".join(result["plots"])]
    show_words(printer, words)


def with_interval(
    figures: Mapping[str, Any],
    intervals: Mapping[str, Sequence[float] | None],
    name: str,
    *,
    factor: float = 100,
    digits: int = 2,
) -> str:
    """A figure with its 95 % interval below it, where it has one."""
    value, pair = figures.get(name), intervals.get(name)
    if value is None:
        return "-"
    shown = f"{factor * value:.{digits}f}"
    return shown if pair is None else f"{shown}\n{factor * pair[0]:.0f} to {factor * pair[1]:.0f}"


def per_cent(value: float | None) -> str:
    """`0.5` as `50.00`; a dash for None."""
    return "-" if value is None else f"{100 * value:.2f}"


def show_words(printer: Console, sentences: Sequence[str]) -> None:
    """Print sentences as they are."""
    for sentence in sentences:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)


def plot_refit(out: Path, title: str, kind: str, cells: Sequence[Cell]) -> list[str]:
    """Plot AUCs with their intervals, counted both ways; gives the files' paths."""
    if not cells:
        return []
    counts = {
        "subsample": ("all frames", "kept frames only"),
        "contaminate": ("still in the test set", "taken out of the count"),
    }[kind]
    views = dict(zip(counts, (cells, [cell["recount"] for cell in cells]), strict=True))
    names = shown_names([cell["auc"] for cell in cells])
    x = [cell[kind] for cell in cells]
    panels = {
        view: [_line(shown, x, name, figures) for name, shown in names.items()]
        for view, figures in views.items()
    }
    ends = [value for lines in panels.values() for line in lines for value in (*line.y, *line.low)]
    what = {"subsample": "every n-th frame", "contaminate": "abnormal frames in training"}
    axis = Axis(what[kind], "micro AUC", x, {}, auc_limits(ends), (0.5, "chance"))
    return write_panels(out / "robustness", f"{title}: micro AUC, 95 % interval", panels, axis)


def _line(shown: str, x: Sequence[float], name: str, figures: Sequence[Cell]) -> Line:
    intervals = [one["interval"].get(name) or (None, None) for one in figures]
    low, high = zip(*intervals, strict=True)
    return Line(shown, x, [one["auc"].get(name) for one in figures], low, high)


def show_refit(result: dict[str, Any]) -> None:
    """Print the table."""
    kind, cells = result["settings"]["kind"], result["cells"]
    printer = Console()
    if cells:
        names = shown_names([cell["auc"] for cell in cells])
        heads: tuple[str, ...] = (kind, "training frames", "abnormal ones", *names.values())
        table = Table(*heads, title="micro AUC of each kind of score / recounted, per cent")
        for cell in cells:
            training = cell["training"]
            aucs = [
                "\n/ ".join(
                    with_interval(one["auc"], one["interval"], name)
                    for one in (cell, cell["recount"])
                )
                for name in names
            ]
            counts = (str(cell[kind]), str(training["frames"]), str(training["abnormal_frames"]))
            table.add_row(*counts, *aucs)
        printer.print(table)
    words = [BELOW, f"recounted: {result['recounted']}.", "plots: " + ", ".join(result["plots"])]
    show_words(printer, words)
