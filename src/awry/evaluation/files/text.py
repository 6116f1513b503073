"""Columns of comma-separated text.

Python's own modules decide what a file holds, and name the line of whatever is wrong. Large files
of plain numbers are read by pyarrow where it is installed, and only if it cannot have read anything
otherwise: no quotes within quotes, one row for each line, nothing that is not finite.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from awry.errors import InputError
from awry.evaluation.files.columns import (
    CLIP_COLUMNS,
    Found,
    Gathered,
    Wanted,
    chunks,
    clip_column,
    whole_lines,
)
from awry.foreign import quoted, reading
from awry.partial import MARK

LARGE = 4_000_000  # bytes; below, importing pyarrow would take longer than reading
BLOCK = 2**24  # bytes


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a text's columns are.

    Attributes:
        wanted: name -> which column.
        sparse: names of those whose cells may be empty.
        clip: which column holds the clips' names; None where none does.
        width: how many columns the first line has.
        exact: whether each row must have just as many.
        header: whether the first line is a header.
        line: the first line that is not blank, from 1; 0 in an empty file.
    """

    wanted: dict[str, int]
    sparse: frozenset[str]
    clip: int | None
    width: int
    exact: bool
    header: bool
    line: int

    @property
    def needed(self) -> int:
        """How many columns a row must have at least."""
        return self.width if self.exact else max(self.wanted.values()) + 1


def read_text(path: Path, columns: Wanted) -> Found:
    """Columns of a comma-separated file; see `read_numbers`."""
    with reading(path, "text", InputError), closing(_rows(path)) as rows:
        first = next(rows, None)
    layout = _layout(path, first, columns)
    if first is None:
        return {name: np.empty(0) for name in layout.wanted}, None
    table = None
    plain = MARK not in path.name and path.stat().st_size >= LARGE
    if plain and not any("\n" in cell for cell in first[1]):
        table = _read_by_library(path, layout)
    return table or _read_plainly(path, layout)


def line_of(path: Path, row: int) -> int:
    """The line of a row, from 1."""
    with closing(_rows(path)) as rows:
        first = next(rows)
        body = rows if _is_header(first[1]) else chain([first], rows)
        return next(line for line, _ in islice(body, row, None))


def _rows(path: Path) -> Generator[tuple[int, list[str]], None, None]:
    """Rows that are not blank, each with the line on which it begins."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(whole_lines(path, file), strict=True)
        line = 1
        try:
            for cells in reader:
                if _is_row(cells):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            why = "a quote is never closed" if "end of data" in str(error) else str(error)
            raise InputError(
                f"{path}, line {line}: {why}; expected comma-separated text."
            ) from error


def _is_row(cells: Sequence[str]) -> bool:
    return len(cells) > 1 or (len(cells) == 1 and bool(cells[0].strip()))


def _is_header(cells: Sequence[str]) -> bool:
    return not all(map(_is_number, cells))


def _is_number(text: str) -> bool:
    """Whether a cell is a number as other programs write one: no `1_000`, ASCII digits alone."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text and text.isascii()


def _layout(
    path: Path,
    first: tuple[int, list[str]] | None,
    columns: Wanted,
) -> _Layout:
    names = columns.names
    line, cells = first or (0, [])
    expected = ",".join(names)
    if not cells or not _is_header(cells):
        if cells and len(cells) != len(names):
            raise InputError(
                f"{path} has {len(cells)} columns and no header; expected {expected}. "
                "Name its columns in a first line, or reduce it to these."
            )
        return _Layout(
            {name: k for k, name in enumerate(names)},
            frozenset(),
            None,
            len(names),
            True,
            False,
            line,
        )
    header = [cell.strip().lower() for cell in cells]
    for name in names:
        if name not in header:
            raise InputError(
                f"{path} has no column '{name}'; expected {expected}, found "
                f"{quoted(','.join(header), 200)}."
            )
    wanted = {name: header.index(name) for name in columns.among(header)}
    clip = next((header.index(name) for name in CLIP_COLUMNS if name in header), None)
    sparse = frozenset(columns.sparse)
    return _Layout(wanted, sparse, clip, len(header), False, True, line)


def _read_plainly(path: Path, layout: _Layout) -> Found:
    """By Python's csv module; whatever is wrong is named with its line."""
    gathered = Gathered(list(layout.wanted), with_clips=layout.clip is not None)
    done = 0
    with reading(path, "text", InputError) as place, closing(_rows(path)) as numbered:
        rows = (cells for place.line, cells in numbered)
        if layout.header:
            next(rows)
        for chunk in chunks(rows):
            try:
                gathered.add(*_picked(chunk, layout))
            except (ValueError, IndexError):
                _blame_row(path, layout, done)
                raise
            done += len(chunk)
    return gathered.joined()


def _picked(
    chunk: Sequence[Sequence[str]], layout: _Layout
) -> tuple[list[list[str]], list[str] | None]:
    """The wanted columns of some rows, and their clips' names."""
    if layout.exact and any(len(cells) != layout.width for cells in chunk):
        raise ValueError("a row has another number of columns")
    columns = []
    for name, at in layout.wanted.items():
        column = [cells[at] for cells in chunk]
        if name in layout.sparse:
            column = [cell if cell.strip() else "nan" for cell in column]
        columns.append(column)
        text = "".join(column)
        if "_" in text or not text.isascii():
            raise ValueError("a cell is no number")
    if layout.clip is None:
        return columns, None
    return columns, [cells[layout.clip].strip() for cells in chunk]


def _blame_row(path: Path, layout: _Layout, skipped: int) -> None:
    """Refuse the first row that is wrong, behind those that were read."""
    needed = max(layout.needed, (layout.clip or 0) + 1)
    with closing(_rows(path)) as rows:
        for line, cells in islice(rows, int(layout.header) + skipped, None):
            if len(cells) < needed or (layout.exact and len(cells) > needed):
                raise InputError(f"{path}, line {line}: {len(cells)} columns, expected {needed}.")
            for name, at in layout.wanted.items():
                empty = name in layout.sparse and not cells[at].strip()
                if not (empty or _is_number(cells[at])):
                    cell = quoted(cells[at].strip())
                    raise InputError(f"{path}, line {line}: {name} is '{cell}'; expected a number.")


def _read_by_library(path: Path, layout: _Layout) -> Found | None:
    """By pyarrow; None where it is not there, or might differ from Python's csv module."""
    try:
        import pyarrow as pa
        from pyarrow import csv as library
    except ImportError:
        return None
    skipped = layout.line if layout.header else layout.line - 1
    lines = _plain_lines(path, skipped)
    if lines is None:
        return None
    names = [str(at) for at in range(layout.width)]
    kinds: dict[str, Any] = {str(at): pa.float64() for at in layout.wanted.values()}
    if layout.clip is not None:
        kinds[str(layout.clip)] = pa.dictionary(pa.int32(), pa.string())
    try:
        table = library.read_csv(
            path,
            read_options=library.ReadOptions(column_names=names, skip_rows=skipped),
            convert_options=library.ConvertOptions(
                column_types=kinds,
                include_columns=list(kinds),
                null_values=[""],
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowException, OSError, ValueError):
        return None
    if table.num_rows != lines:
        return None
    columns = {name: table[str(at)].to_numpy() for name, at in layout.wanted.items()}
    for name, column in columns.items():
        empty = table[str(layout.wanted[name])].null_count
        if np.count_nonzero(~np.isfinite(column)) > (empty if name in layout.sparse else 0):
            return None
    return columns, None if layout.clip is None else clip_column(table[str(layout.clip)])


def _plain_lines(path: Path, skipped: int) -> int | None:
    """How many lines follow the first ones; None where a library may read them otherwise.

    Quotes are plain where each stands at a cell's beginning or end, so that none is within others.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    quotes = edges = 0
    with path.open("rb") as file:
        for _ in range(skipped):
            file.readline()
        last = b"\n"
        while block := file.read(BLOCK):
            # Cut at a line's end, so that no pattern lies across two blocks.
            block += file.readline()
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return None
            if b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
                return None
            lines += block.count(b"\n")
            quotes += block.count(b'"')
            last = block[-1:]
            if quotes:
                block = b"\n" + block.replace(b"\r", b"") + b"\n" * (last != b"\n")
                edges += sum(block.count(edge) for edge in (b',"', b'\n"', b'",', b'"\n'))
    lines += last != b"\n"
    return lines if quotes == edges and quotes % 2 == 0 else None
