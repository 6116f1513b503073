"""What making figures gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.results import FigureCard, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class MadeFigure:
    """One figure that was made.

    Attributes:
        figure: its name, e.g. `daml-fig7`.
        printed: where it stands in the paper, e.g. `Fig. 7`.
        shows: what, in a few words.
        pictures: the PNG files.
        numbers: the JSON file beside them, with `values` and all that they depend on.
        values: the numbers below the picture, plain values; each kind of figure has its own keys.
        notes: what a reader must know to believe it, one sentence each.
    """

    figure: str
    printed: str
    shows: str
    pictures: tuple[Path, ...]
    numbers: Path
    values: Mapping[str, Any]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "figure": self.figure,
            "printed": self.printed,
            "shows": self.shows,
            "pictures": [str(path) for path in self.pictures],
            "numbers": str(self.numbers),
            "values": dict(self.values),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class FiguresResult(Result):
    """Figures of a paper, made here.

    Attributes:
        settings: all that they depend on: `scale`, `seeds`, `changes`, `threshold`,
            `data`, `bundles`.
        made: the figures.
        failed: figures that could not be made, one sentence each.
    """

    settings: Mapping[str, Any]
    made: tuple[MadeFigure, ...]
    failed: tuple[str, ...]

    @property
    def pictures(self) -> list[Path]:
        """All PNG files."""
        return [path for figure in self.made for path in figure.pictures]

    def to_dict(self) -> dict[str, Any]:
        """Settings, figures with their numbers, and what failed."""
        return {
            "settings": dict(self.settings),
            "figures": [figure.to_dict() for figure in self.made],
            "failed": list(self.failed),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each picture."""
        return [
            {"figure": figure.figure, "shows": figure.shows, "picture": str(path)}
            for figure in self.made
            for path in figure.pictures
        ]

    def draw(self, ax: Axes) -> None:
        """The first picture; nothing where none was made."""
        from matplotlib import image

        ax.set_axis_off()
        if self.pictures:
            ax.imshow(image.imread(self.pictures[0]))

    def cards(self) -> list[FigureCard]:
        """Each figure with its place in the paper."""
        return [
            FigureCard(figure.figure, figure.printed, f"{figure.shows}: {figure.pictures[0]}")
            for figure in self.made
        ]
