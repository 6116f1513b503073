"""`awry.list_datasets`: the layouts that are known, and how to get what has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awry.calls import checked
from awry.datasets import known_layouts
from awry.datasets.base import LayoutInfo
from awry.results import FigureCard, Listing


@dataclass(frozen=True, slots=True)
class DatasetList(Listing):
    """The data set layouts that are recognised.

    Attributes:
        layouts: in the order in which they are tried.
    """

    layouts: tuple[LayoutInfo, ...]

    def __iter__(self) -> Iterator[LayoutInfo]:
        return iter(self.layouts)

    def __len__(self) -> int:
        return len(self.layouts)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each layout; `layout` is a sketch of its folders."""
        return [
            {
                "name": layout.name,
                "title": layout.title,
                "how_to_get": layout.how_to_get,
                "layout": layout.sketch,
                "citation": layout.citation,
                "fps": layout.fps,
            }
            for layout in self.layouts
        ]

    def cards(self) -> list[FigureCard]:
        """Each layout's name."""
        return [FigureCard(layout.name, layout.title) for layout in self.layouts]


@checked
def list_datasets() -> DatasetList:
    """The data set layouts that `awry.open_dataset` recognises, and how to get the data."""
    return DatasetList(tuple(known_layouts()))
