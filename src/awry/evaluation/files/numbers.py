"""Tables of numbers in files, with the place of every row for messages.

Comma-separated text, JSON lines and Parquet are read, by the file's ending: what `awry score`
writes, and what anybody's detector does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError
from awry.evaluation.files import json as table_json
from awry.evaluation.files import parquet as table_parquet
from awry.evaluation.files import text as table_text
from awry.evaluation.files.columns import ClipColumn, Wanted

TABLES = (".csv", ".txt", ".jsonl", ".parquet")

LAST_FRAME = 2.0**53  # beyond, a float no longer counts every whole number


@dataclass(frozen=True, slots=True)
class NumberTable:
    """A file's columns.

    Attributes:
        path: the file.
        columns: name -> float64 (n,); NaN and infinite only where the file says so.
        clips: the column `clip` or `source`; None where there is none.
    """

    path: Path
    columns: dict[str, NDArray[np.float64]]
    clips: ClipColumn | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def place(self, row: int) -> str:
        """`line N` of a row, from 1; the file is read once more for it. `row N` in Parquet."""
        ending = self.path.suffix.lower()
        if ending == ".parquet":
            return f"row {row + 1}"
        lines = table_json if ending == ".jsonl" else table_text
        return f"line {lines.line_of(self.path, row)}"

    def where(self, row: int) -> str:
        """File and place of a row, to begin a message with."""
        return f"{self.path}, {self.place(row)}"

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


def read_numbers(
    path: Path,
    names: Sequence[str],
    optional: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> NumberTable:
    """Read columns of numbers, and the clips' names where a column has them.

    Columns go by name, in any order, and others are ignored. Text without a header (a first line
    that holds numbers alone) goes by position, and there must be just as many columns.

    Args:
        path: `.parquet`, `.jsonl`, or else comma-separated UTF-8 text; blank lines are skipped, an
            empty file has no rows. One that is still written (`NAME.partial.csv`) is read up to
            its last whole line.
        names: the columns that must be there.
        optional: columns to read as well where they are.
        sparse: likewise, but cells may be empty, and are NaN then.

    Raises:
        InputError: the file cannot be read, a column is missing, or, with the line, a cell is
            missing or no number.
        MissingError: Parquet, and pyarrow is not installed.
    """
    ending = path.suffix.lower()
    read = {".parquet": table_parquet.read_parquet, ".jsonl": table_json.read_json_lines}
    wanted = Wanted(names, optional, sparse)
    return NumberTable(path, *read.get(ending, table_text.read_text)(path, wanted))
