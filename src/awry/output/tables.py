"""Tables: CSV, JSON lines or Parquet, by the path's ending, written as their rows come."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import IO, Any

from awry.errors import ConfigError, MissingError, WriteError
from awry.frames import Event, FrameScore, Region
from awry.names import shown
from awry.partial import PartialFile, partial_path
from awry.storage import failure, whole_file

Row = dict[str, Any]

TABLES = (".csv", ".jsonl", ".parquet")
SCORE_COLUMNS = ["source", "frame", "time_s", "score", "scored"]
REGION_COLUMNS = ["source", "frame", "x_min", "y_min", "x_max", "y_max", "score"]
EVENT_COLUMNS = [
    *("source", "first", "last", "start_s", "end_s", "peak", "score"),
    *("parts", "regions", "threshold", "calibration", "reason"),
]
# Parquet columns need a type even where every value is missing; all others are numbers.
_WORDS = ("source", "clock", "calibration", "parts", "regions", "reason", "class")
_WHOLE = ("frame", "scored", "first", "last", "peak")
_FORMULA = ("=", "+", "-", "@")
SECONDS_BETWEEN_SYNCS = 1.0
_ROWS_AT_ONCE = 20_000


def region_row(source: str, score: FrameScore, region: Region) -> Row:
    """A region as a table's row, with `part.NAME` for each part, and `class` where it is known."""
    corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), region.box, strict=True))
    parts = {f"part.{name}": value for name, value in region.parts.items()}
    row = {"source": source, "frame": score.index, **corners, "score": region.score, **parts}
    return row | ({"class": region.class_name} if region.class_name else {})


def event_row(event: Event) -> Row:
    """An alarm as a table's row; `parts` and `regions` are nested values.

    `clock` is there where it is known.
    """
    regions = [
        {"box": list(r.box), "score": r.score, "parts": r.parts, "class": r.class_name}
        for r in event.regions
    ]
    row = asdict(event) | {"regions": regions}
    clock = {} if event.clock is None else {"clock": event.clock}
    return {name: row[name] for name in EVENT_COLUMNS} | clock


def check_table(path: Path | None) -> None:
    """Refuse a table's ending before any work is done.

    Raises:
        ConfigError: not .csv, .jsonl or .parquet.
        MissingError: .parquet without pyarrow.
    """
    if path is None:
        return
    if path.suffix not in TABLES:
        raise ConfigError(f"Cannot write {path}: its ending must be one of {', '.join(TABLES)}.")
    if path.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise MissingError(
                "Parquet files need pyarrow: pip install 'awry[parquet]', or write .csv or .jsonl."
            ) from error


def growing_path(path: Path) -> Path:
    """Where a table stands while it grows: Parquet has no form that could, and grows as lines."""
    return partial_path(path, _growing_suffix(path))


def _growing_suffix(path: Path) -> str:
    return ".jsonl" if path.suffix == ".parquet" else path.suffix


class TableWriter:
    """A table that is on disk row by row, and takes its own name at the orderly end.

    Every row is handed to the system at once, so that no death of the process loses one, and to
    the disk itself about once a second, for power cuts. Nested values stay nested in JSON lines
    and are JSON within a cell elsewhere. Numbers have full precision. Signs in names that
    have no UTF-8 form, or control a terminal, are written with escapes.

    Args:
        path: where the table will be.
        columns: come first and are there even without rows; others follow in order of appearance.
        escape_formulas: in CSV, text that a spreadsheet would take for a formula (it begins with
            `=`, `+`, `-` or `@`) gets an apostrophe before it.

    Attributes:
        rows: how many there are.
        notes: what a person should know, one sentence each.

    Raises:
        WriteError: the disk is full or the place cannot be written. The whole rows that were
            written by then stay in the partial file, which the sentence names.
    """

    def __init__(
        self, path: Path, columns: Sequence[str], *, escape_formulas: bool = False
    ) -> None:
        self.path = path
        self.rows = 0
        self._columns = list(columns)
        self._escape = escape_formulas
        self._claim = PartialFile(path, _growing_suffix(path))
        self.notes = self._claim.notes
        self._lines = self._claim.partial.suffix == ".jsonl"
        self._synced = time.monotonic()
        with self._failures():
            self._file = self._open()
            if not self._lines:
                self._append(csv_text([self._columns]))

    @property
    def columns(self) -> list[str]:
        """Names of all columns so far, in order."""
        return [*self._columns]

    def add(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        if not rows:
            return
        with self._failures():
            rows = [{name: _storable(value) for name, value in row.items()} for row in rows]
            self._know(rows)
            if self._lines:
                self._append("".join(json.dumps(row, allow_nan=False) + "\n" for row in rows))
            else:
                self._append(csv_text(self._cells(row) for row in rows))
            self.rows += len(rows)
            if time.monotonic() - self._synced > SECONDS_BETWEEN_SYNCS:
                os.fsync(self._file.fileno())
                self._synced = time.monotonic()

    def finish(self) -> None:
        """The table is whole: it takes its own name."""
        self._file.close()
        if self.path.suffix != ".parquet":
            self._claim.finish()
            return
        with self._failures():
            with whole_file(self.path) as temporary:
                _lines_to_parquet(self._claim.partial, temporary, self._columns)
            self._claim.drop()

    def leave(self) -> None:
        """End at once: the rows stay in the partial file; without a row nothing stays."""
        self._file.close()
        if self.rows:
            self._claim.release()
        else:
            self._claim.drop()

    def _open(self) -> FileIO:
        file = FileIO(self._claim.partial, "r+")
        file.seek(0, os.SEEK_END)
        return file

    def _know(self, rows: Sequence[Row]) -> None:
        """Take up columns that were not there before: rows so far leave them empty."""
        names = dict.fromkeys(name for row in rows for name in row)
        new = [name for name in names if name not in self._columns]
        if not new:
            return
        self._columns += new
        if self._lines:
            return
        wider = self._claim.partial.with_name(f"{self._claim.partial.name}.wider")
        try:
            with (
                self._claim.partial.open(newline="", encoding="utf-8") as old,
                wider.open("w", newline="", encoding="utf-8") as file,
            ):
                rows_so_far = csv.reader(old)
                next(rows_so_far)
                file.write(csv_text([self._columns]))
                for row in rows_so_far:
                    file.write(csv_text([[*row, *[""] * len(new)]]))
            self._file.close()
            self._claim.exchange(wider)
        finally:
            wider.unlink(missing_ok=True)
        self._file = self._open()

    def _append(self, text: str) -> None:
        """Write whole rows, or none of them."""
        end = self._file.tell()
        left = memoryview(text.encode("utf-8"))
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._file.truncate(end)
            self._file.seek(end)
            raise

    def _cells(self, row: Row) -> list[Any]:
        flat = _flat(row)
        cells = [flat.get(name) for name in self._columns]
        return [_no_formula(cell) for cell in cells] if self._escape else cells

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WriteError(
                f"Cannot write {self.path}: {error.strerror or error}. The {self.rows} rows "
                f"written by then are in {self._claim.partial}; free some space or choose another "
                "place."
            ) from error


def write_table(
    path: Path, rows: Iterable[Row], columns: Sequence[str], *, escape_formulas: bool = False
) -> None:
    """Write a table whole or not at all; otherwise as `TableWriter`.

    Args:
        path, columns, escape_formulas: as of `TableWriter`.
        rows: taken some at a time, so that they need not all be in memory.

    Raises:
        WriteError: it cannot be written; nothing is left.
    """
    table = TableWriter(path, columns, escape_formulas=escape_formulas)
    left = iter(rows)
    try:
        while some := list(islice(left, _ROWS_AT_ONCE)):
            table.add(some)
        table.finish()
    except BaseException as error:
        table.rows = 0
        table.leave()
        if isinstance(error, WriteError) and isinstance(error.__cause__, OSError):
            raise failure(path, error.__cause__) from error
        raise


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as lines of CSV that end in a line feed.

    >>> csv_text([["a", 1], ["b\\rc", None]])
    'a,1\\n"b\\rc",\\n'
    """
    text = io.StringIO()
    # The writer quotes the signs of its own line ends alone, and readers split at both.
    writer = csv.writer(text, lineterminator="\r\n")
    lines = []
    for row in rows:
        writer.writerow(row)
        lines.append(text.getvalue()[:-2] + "\n")
        text.seek(0)
        text.truncate()
    return "".join(lines)


def _no_formula(cell: Any) -> Any:
    formula = isinstance(cell, str) and cell.startswith(_FORMULA)
    return f"'{cell}" if formula else cell


def _flat(row: Row) -> Row:
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in row.items()
    }


def _lines_to_parquet(lines: Path, path: Path, names: Sequence[str]) -> None:
    """Copy JSON lines to Parquet, some rows at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(names)
    with lines.open(encoding="utf-8") as file, parquet.ParquetWriter(path, schema) as writer:
        while some := list(islice(file, _ROWS_AT_ONCE)):
            rows = [_flat(json.loads(line)) for line in some]
            columns = [pa.array([row.get(one.name) for row in rows], one.type) for one in schema]
            writer.write_table(pa.table(columns, schema=schema))


def _schema(names: Sequence[str]) -> Any:
    import pyarrow as pa

    def kind(name: str) -> Any:
        if name in _WORDS:
            return pa.string()
        return pa.int64() if name in _WHOLE else pa.float64()

    return pa.schema([(name, kind(name)) for name in names])


def widen_parquet(file: IO[bytes], path: Path, names: Sequence[str]) -> None:
    """Copy a Parquet table of this module with further columns, empty ones.

    Args:
        file: the table.
        path: of the copy.
        names: of all columns.
    """
    import pyarrow as pa
    from pyarrow import parquet

    table, schema = parquet.read_table(file), _schema(names)
    there = set(table.column_names)
    columns = [
        table[one.name] if one.name in there else pa.nulls(len(table), one.type) for one in schema
    ]
    parquet.write_table(pa.table(columns, schema=schema), path)


def _storable(value: Any) -> Any:
    """Names that have no UTF-8 form get escapes."""
    return shown(value) if isinstance(value, str) else value
