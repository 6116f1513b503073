"""Plots of robustness runs: small panels with one line for each part of the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from awry.evaluation.report.figures import BLUE, INK, ORANGE, VERMILLION
from awry.storage import whole_file

# Okabe and Ito's colours; each line has a mark of its own as well.
COLOURS = (BLUE, VERMILLION, "#009E73", ORANGE, "#CC79A7", INK)
MARKS = ("o", "s", "^", "D", "v", "x")
DASHES = ("-", "--", "-.", ":", "-", "--")
COLUMNS = 4
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "awry",
    "font.size": 10,
    "axes.edgecolor": "#8a8a92",
    "axes.labelcolor": INK,
    "xtick.color": "#55555c",
    "ytick.color": "#55555c",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel.

    Attributes:
        name: for the legend.
        x, y: values; a y of None is left out.
        low, high: ends of intervals, drawn as a band; empty for none.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """What a plot's axes say.

    Attributes:
        x, y: labels.
        ticks: x values with a tick.
        words: a word for some of the ticks instead of the number.
        limits: of y; None for what the lines need, from 0.
        level: a dotted line across, and what it is.
    """

    x: str
    y: str
    ticks: Sequence[float]
    words: Mapping[float, str]
    limits: tuple[float, float] | None = None
    level: tuple[float, str] | None = None


def write_panels(
    path: Path, title: str, panels: Mapping[str, Sequence[Line]], axis: Axis
) -> list[str]:
    """Write a figure of panels as PNG and SVG.

    Args:
        path: without ending.
        title: of the figure.
        panels: title -> its lines, the same names in each.
        axis: of every panel.

    Returns:
        The two files' paths.

    Raises:
        WriteError: the disk is full or the place cannot be written.
    """
    with mpl.rc_context(STYLE):
        figure = _figure(title, panels, axis)
        files = [path.with_name(path.name + ending) for ending in (".png", ".svg")]
        for file in files:
            save_figure(figure, file)
    return [str(file) for file in files]


def save_figure(figure: Figure, file: Path) -> None:
    """Write a figure as PNG or SVG, by the file's ending; the same every time.

    Raises:
        WriteError: the disk is full or the place cannot be written.
    """
    svg = file.suffix == ".svg"
    metadata = {"Date": None, "Creator": "awry"} if svg else {"Software": "awry"}
    with whole_file(file) as temporary:
        figure.savefig(temporary, dpi=144, metadata=metadata)


def _figure(title: str, panels: Mapping[str, Sequence[Line]], axis: Axis) -> Figure:
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width = 3.0 if columns > 2 else 4.4
    size = (width * columns, (2.3 if rows > 1 else 2.8) * rows + 1.3)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    for place, (axes, (name, lines)) in enumerate(zip(grid, panels.items(), strict=False)):
        _draw(axes, lines, axis)
        axes.set_title(name.replace("_", " "), fontsize=10, color=INK)
        axes.tick_params(labelbottom=True)
        if place + columns >= len(panels):  # the lowest of its column
            axes.set_xlabel(axis.x)
        if place % columns == 0:
            axes.set_ylabel(axis.y)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    figure.suptitle(title, fontsize=12)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 4),
                  frameon=False)  # fmt: skip
    return figure


def _draw(axes: Axes, lines: Sequence[Line], axis: Axis) -> None:
    if axis.level is not None:
        height, name = axis.level
        axes.axhline(height, color="#77777f", linewidth=1, linestyle=":", label=name)
    for number, line in enumerate(lines):
        points = [(x, y) for x, y in zip(line.x, line.y, strict=True) if y is not None]
        look: Any = {
            "color": COLOURS[number % len(COLOURS)],
            "linestyle": DASHES[number % len(DASHES)],
        }
        axes.plot([x for x, _ in points], [y for _, y in points], **look, linewidth=1.6,
                  marker=MARKS[number % len(MARKS)], markersize=4.5, label=line.name)  # fmt: skip
        band = [
            (x, low, high)
            for x, low, high in zip(line.x, line.low, line.high, strict=False)
            if low is not None and high is not None
        ]
        if band:
            x, low, high = (list(ends) for ends in zip(*band, strict=True))
            axes.fill_between(x, low, high, color=look["color"], alpha=0.12, linewidth=0)
    if axis.limits is not None:
        axes.set_ylim(*axis.limits)
    else:
        axes.set_ylim(bottom=0)
    axes.set_xticks(list(axis.ticks), [axis.words.get(tick, f"{tick:g}") for tick in axis.ticks])
    axes.grid(axis="y", color="#e4e4e8", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def auc_limits(values: Sequence[float | None]) -> tuple[float, float]:
    """A y axis for AUCs that shows chance and all values."""
    known = [value for value in values if value is not None]
    return max(min([0.45, *(value - 0.03 for value in known)]), 0.0), 1.02


def shown_names(aucs: Sequence[Mapping[str, float | None]]) -> dict[str, str]:
    """Name in `auc` -> name in plots and tables; a score that equals one of its parts is one.

    >>> shown_names([{"score": 0.9, "latent": 0.9, "prediction": 0.8}])
    {'latent': 'latent (the score)', 'prediction': 'prediction'}
    """
    names = list(dict.fromkeys(name for auc in aucs for name in auc))
    for name in names:
        if name != "score" and all(auc.get(name) == auc["score"] for auc in aucs):
            rest = {other: other for other in names if other not in ("score", name)}
            return {name: f"{name} (the score)", **rest}
    return {name: name for name in names}
