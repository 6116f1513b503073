"""Pictures and maps in rows and columns, with boxes, as one PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from awry.evaluation.report.figures import INK
from awry.evaluation.report.panels import STYLE, save_figure

RED, GREEN = "#e3241b", "#1fae4b"
CELL_WIDTH = 2.7
"""Inches."""
Box = Sequence[float]


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of a grid.

    Attributes:
        image: uint8 (H, W, 3) RGB, or a float map (h, w), drawn from dark to bright.
        title: above it; may be empty.
        boxes: colour -> boxes `x_min, y_min, x_max, y_max` in pixels of `size`.
        size: (H, W) that the boxes speak of; None: the image's own.
        limits: of a map's colours; None: the map's own.
        words: below it; may be empty.
    """

    image: NDArray[Any]
    title: str = ""
    boxes: Mapping[str, Sequence[Box]] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    limits: tuple[float, float] | None = None
    words: str = ""

    @property
    def extent(self) -> tuple[int, int]:
        """(H, W) of the coordinates that it is drawn in."""
        return self.size or (int(self.image.shape[0]), int(self.image.shape[1]))


def write_grid(
    file: Path,
    title: str,
    rows: Mapping[str, Sequence[Cell]],
    legend: Mapping[str, str] | None = None,
) -> Path:
    """Write pictures in rows.

    Args:
        file: the PNG.
        title: of the figure.
        rows: what stands beside each row -> its pictures; a row may be shorter than others.
        legend: colour of boxes -> what they are.

    Raises:
        WriteError: the disk is full or the place cannot be written.
    """
    columns = max(len(cells) for cells in rows.values())
    # Never narrower than its heading, about 13 signs an inch.
    width = max(CELL_WIDTH * columns, len(title) / 13)
    heights = [_height(cells) * width / columns for cells in rows.values()]
    size = (width + 0.5, sum(heights) + 0.9)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(rows), columns, squeeze=False, height_ratios=heights)
        for axes, (name, cells) in zip(grid, rows.items(), strict=True):
            for place, one in enumerate(axes):
                if place < len(cells):
                    draw_cell(one, cells[place])
                else:
                    one.set_axis_off()
            axes[0].set_ylabel(name, fontsize=9, color=INK)
        figure.suptitle(title, fontsize=11)
        if legend:
            handles = [Line2D([], [], color=colour, linewidth=2) for colour in legend]
            figure.legend(
                handles, list(legend.values()), loc="outside lower center", ncols=len(legend),
                frameon=False, fontsize=9,
            )  # fmt: skip
        save_figure(figure, file)
    return file


def _height(cells: Sequence[Cell]) -> float:
    """Of a row, in widths of a cell, with its words."""
    shapes = [cell.extent for cell in cells]
    words = 0.09 * any(cell.title for cell in cells) + 0.08 * any(cell.words for cell in cells)
    return max((height / width for height, width in shapes), default=0.7) + words


def draw_cell(axes: Axes, cell: Cell) -> None:
    """Draw a picture or a map with its boxes."""
    height, width = cell.extent
    low, high = cell.limits or (None, None)
    axes.imshow(
        cell.image,
        cmap="inferno",
        vmin=low,
        vmax=high,
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
        interpolation="nearest" if cell.image.ndim == 3 else "bilinear",
    )
    for colour, boxes in cell.boxes.items():
        for x_min, y_min, x_max, y_max in boxes:
            corner, sides = (x_min - 0.5, y_min - 0.5), (x_max - x_min + 1, y_max - y_min + 1)
            # A dark line below the bright one keeps the box visible on any ground.
            for ink, line in (("black", 2.6), (colour, 1.4)):
                axes.add_patch(Rectangle(corner, *sides, fill=False, color=ink, linewidth=line))
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(cell.title, fontsize=8, color=INK)
    axes.set_xlabel(cell.words, fontsize=8, color=INK)


def map_limits(maps: Sequence[NDArray[np.floating]]) -> tuple[float, float]:
    """One scale for maps that are to be compared: from their middle to the highest value.

    >>> map_limits([np.array([[0.0, 1.0]]), np.array([[2.0, 5.0]])])
    (1.5, 5.0)
    """
    pooled = np.concatenate([values.ravel() for values in maps])
    low, high = float(np.median(pooled)), float(pooled.max())
    return low, high if high > low else low + 1.0
