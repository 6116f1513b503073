"""Columns that are gathered row by row, whatever file they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.partial import MARK

CLIP_COLUMNS = ("clip", "source")

Columns = dict[str, NDArray[np.float64]]
CHUNK = 100_000  # rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns to read; see `read_numbers`."""

    names: Sequence[str]
    optional: Sequence[str] = ()
    sparse: Sequence[str] = ()

    def among(self, header: Collection[str]) -> list[str]:
        """Those that are there."""
        return [name for name in (*self.names, *self.optional, *self.sparse) if name in header]


@dataclass(frozen=True, slots=True)
class ClipColumn:
    """The column `clip` or `source`.

    Attributes:
        names: each name once.
        owner: int (n,), the place in `names` of each row's.
    """

    names: tuple[str, ...]
    owner: NDArray[np.integer]

    def name(self, row: int) -> str:
        """A row's clip."""
        return self.names[self.owner[row]]

    def rows(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Each clip that has rows, and which, in the file's order."""
        order = np.argsort(self.owner, kind="stable")
        ends = np.cumsum(np.bincount(self.owner, minlength=len(self.names)))
        for name, rows in zip(self.names, np.split(order, ends[:-1]), strict=False):
            if len(rows):
                yield name, rows


Found = tuple[Columns, ClipColumn | None]


class Gathered:
    """Columns that come in chunks.

    Args:
        names: of the columns.
        with_clips: whether there is a column of clips' names.
    """

    def __init__(self, names: Sequence[str], *, with_clips: bool) -> None:
        self._with_clips = with_clips
        self._parts: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
        self._owners: list[NDArray[np.int32]] = []
        self._names: dict[str, int] = {}

    def add(self, columns: Sequence[Sequence[str | float]], owners: Sequence[str] | None) -> None:
        """Add a chunk; `owners` are its clips' names, or None.

        Raises:
            ValueError: a cell is no number.
        """
        for part, column in zip(self._parts.values(), columns, strict=True):
            part.append(np.fromiter(map(float, column), np.float64, len(column)))
        if owners is not None:
            for name in dict.fromkeys(owners):
                self._names.setdefault(name, len(self._names))
            places = map(self._names.__getitem__, owners)
            self._owners.append(np.fromiter(places, np.int32, len(owners)))

    def joined(self) -> Found:
        columns = {name: np.concatenate([np.empty(0), *part]) for name, part in self._parts.items()}
        if not self._with_clips:
            return columns, None
        owners = np.concatenate([np.empty(0, np.int32), *self._owners])
        return columns, ClipColumn(tuple(self._names), owners)


def clip_column(column: Any) -> ClipColumn:
    """From pyarrow's dictionary of names (`ChunkedArray`)."""
    joined = column.unify_dictionaries().combine_chunks()
    if hasattr(joined, "chunks"):
        joined = joined.chunk(0)
    given = [str(name).strip() for name in joined.dictionary.to_pylist()]
    names = {name: place for place, name in enumerate(dict.fromkeys(given))}
    places = np.array([names[name] for name in given], np.int32)
    return ClipColumn(tuple(names), places[joined.indices.to_numpy()])


def chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def whole_lines(path: Path, file: Iterable[str]) -> Iterable[str]:
    """The lines of a file; of one that is still written those alone that have an end."""
    if MARK not in path.name:
        return file
    return (line for line in file if line.endswith(("\n", "\r")))
