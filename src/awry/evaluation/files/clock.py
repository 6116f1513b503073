"""Clock times in tables of scores: when each source's first frame was taken."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from awry.errors import InputError
from awry.evaluation.files.numbers import TABLES
from awry.foreign import reading

_MOST_ROWS = 100_000


def read_starts(path: Path, sources: Collection[str]) -> dict[str, datetime]:
    """When each source's first frame was taken, as the columns `clock` and `time_s` say.

    No more is read than it takes to find every source once, and no more than the first rows.

    Args:
        path: a table as `awry score` writes it; of a folder or another file nothing is known.
        sources: their names.

    Returns:
        Of the sources of which it is known.

    Raises:
        InputError: a clock time or a time is none.
    """
    starts: dict[str, datetime] = {}
    if not path.is_file() or path.suffix.lower() not in TABLES:
        return starts
    with reading(path, "scores with clock times", InputError):
        for row in islice(_rows(path), _MOST_ROWS):
            if len(starts) == len(sources):
                break
            name, clock, time_s = str(row.get("source")), row.get("clock"), row.get("time_s")
            if name in sources and name not in starts and clock and time_s not in ("", None):
                starts[name] = datetime.fromisoformat(clock) - timedelta(seconds=float(time_s))
    return starts


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix.lower() == ".parquet":
        yield from _parquet_rows(path)
        return
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        lines: Iterable[Mapping[str, Any]]
        if path.suffix.lower() == ".jsonl":
            lines = (json.loads(line) for line in file if line.endswith("\n"))
        else:
            lines = csv.DictReader(file)
        yield from lines


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    from pyarrow import parquet

    wanted = ["source", "time_s", "clock"]
    with parquet.ParquetFile(path) as file:
        if set(wanted) <= set(file.schema_arrow.names):
            for batch in file.iter_batches(columns=wanted):
                yield from batch.to_pylist()
