"""Tables of numbers in text files, with the line of every row for messages."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.tracks import is_number
from awry.errors import InputError

CLIP_COLUMNS = ("clip", "source")

LAST_FRAME = 2.0**53  # beyond, a float no longer counts every whole number


@dataclass(frozen=True, slots=True)
class NumberTable:
    """A comma-separated file.

    Attributes:
        path: the file.
        columns: name -> float64 (n,); NaN and infinite only where the file says so.
        lines: int64 (n,), the line of each row, from 1.
        clips: the column `clip` or `source`, one a row; None where there is none.
    """

    path: Path
    columns: dict[str, NDArray[np.float64]]
    lines: NDArray[np.int64]
    clips: list[str] | None = None

    def where(self, row: int) -> str:
        """File and line of a row, to begin a message with."""
        return f"{self.path}, line {self.lines[row]}"

    def finite(self, name: str) -> NDArray[np.float64]:
        """A column (n,).

        Raises:
            InputError: a value is NaN or infinite.
        """
        values = self.columns[name]
        for row in np.flatnonzero(~np.isfinite(values))[:1]:
            raise InputError(f"{self.where(row)}: {name} is {values[row]}; expected a number.")
        return values

    def frames(self, first_frame: int) -> NDArray[np.int64]:
        """The column `frame`, int64 (n,), counted from 0.

        Args:
            first_frame: the number that the file gives to a clip's first frame.

        Raises:
            InputError: a value is not a whole number, negative, or below `first_frame`.
        """
        given = self.finite("frame")
        for row in np.flatnonzero((given != np.floor(given)) | (given > LAST_FRAME))[:1]:
            raise InputError(f"{self.where(row)}: frame {given[row]} is not a whole number.")
        for row in np.flatnonzero(given < first_frame)[:1]:
            what = "negative" if given[row] < 0 else f"below the first frame, {first_frame}"
            raise InputError(
                f"{self.where(row)}: frame {given[row]:.0f} is {what}; expected frames that "
                f"count from {first_frame}."
            )
        return given.astype(np.int64) - first_frame


def read_numbers(path: Path, names: Sequence[str], optional: Sequence[str] = ()) -> NumberTable:
    """Read columns of numbers from a comma-separated file.

    With a header (a first line that holds anything but numbers), columns go by name, in any order,
    and others are ignored. Without one they go by position, and there must be just as many.

    Args:
        path: UTF-8 text; blank lines are skipped, an empty file has no rows.
        names: the columns that must be there.
        optional: columns to read as well if a header names them.

    Raises:
        InputError: the file cannot be read, a column is missing, or, with the line, a cell is
            missing or no number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path} as text: {error}.") from error
    places = [place for place, line in enumerate(text) if line.strip()]
    body = [text[place] for place in places]
    header = _header(body)
    if header is not None:
        body, places = body[1:], places[1:]
    lines = np.array(places, np.int64) + 1
    wanted = _wanted(path, header, body, names, optional)
    values = _parsed(path, body, lines, wanted, exact=None if header else len(names))
    columns = {name: values[:, k] for k, name in enumerate(wanted)}
    name = next((name for name in CLIP_COLUMNS if header and name in header), None)
    if name is None or header is None:
        return NumberTable(path, columns, lines)
    at = header.index(name)
    return NumberTable(path, columns, lines, [row[at].strip() for row in csv.reader(body)])


def _header(body: Sequence[str]) -> list[str] | None:
    cells = _cells(body[0]) if body else []
    if all(map(is_number, cells)):
        return None
    return [cell.strip().lower() for cell in cells]


def _wanted(
    path: Path,
    header: Sequence[str] | None,
    body: Sequence[str],
    names: Sequence[str],
    optional: Sequence[str],
) -> dict[str, int]:
    """Which column is where."""
    expected = ",".join(names)
    if header is None:
        found = len(_cells(body[0])) if body else len(names)
        if found != len(names):
            raise InputError(
                f"{path} has {found} columns and no header; expected {expected}. "
                "Name its columns in a first line, or reduce it to these."
            )
        return {name: place for place, name in enumerate(names)}
    missing = [name for name in names if name not in header]
    if missing:
        raise InputError(
            f"{path} has no column '{missing[0]}'; expected {expected}, found {','.join(header)}."
        )
    return {name: header.index(name) for name in (*names, *optional) if name in header}


def _parsed(
    path: Path,
    body: Sequence[str],
    lines: NDArray[np.int64],
    wanted: dict[str, int],
    exact: int | None,
) -> NDArray[np.float64]:
    """The wanted columns (n, k); `exact` is how many columns each row must have."""
    if not body:
        return np.empty((0, len(wanted)))
    try:
        # Without usecols every row must have as many columns as the first.
        columns = None if exact else tuple(wanted.values())
        return np.loadtxt(
            body, delimiter=",", usecols=columns, ndmin=2, comments=None, quotechar='"'
        )
    except ValueError as error:
        for line, text in zip(lines, body, strict=True):
            _check_row(f"{path}, line {line}", _cells(text), wanted, exact)
        raise InputError(f"Cannot read {path} as numbers: {error}.") from error


def _check_row(where: str, cells: Sequence[str], wanted: dict[str, int], exact: int | None) -> None:
    needed = exact or max(wanted.values()) + 1
    if len(cells) < needed or (exact and len(cells) > exact):
        raise InputError(f"{where}: {len(cells)} columns, expected {needed}.")
    for name, place in wanted.items():
        if not is_number(cells[place]):
            raise InputError(f"{where}: {name} is '{cells[place].strip()}'; expected a number.")


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]))
