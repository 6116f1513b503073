"""Tables that the commands write: CSV, JSON lines or Parquet, by the path's ending."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from awry.errors import ConfigError, MissingError
from awry.frames import Event, FrameScore, Region
from awry.storage import whole_file

Row = dict[str, Any]

TABLES = (".csv", ".jsonl", ".parquet")
SCORE_COLUMNS = ["source", "frame", "time_s", "score", "scored"]
REGION_COLUMNS = ["source", "frame", "x_min", "y_min", "x_max", "y_max", "score"]
EVENT_COLUMNS = [
    *("source", "first", "last", "start_s", "end_s", "peak", "score"),
    *("parts", "regions", "threshold", "calibration"),
]
# Parquet columns need a type even where every value is missing; all others are numbers.
_WORDS = ("source", "calibration", "parts", "regions")
_WHOLE = ("frame", "scored", "first", "last", "peak")


def region_row(source: str, score: FrameScore, region: Region) -> Row:
    """A region as a table's row, with `part.NAME` for each of its parts."""
    corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), region.box, strict=True))
    parts = {f"part.{name}": value for name, value in region.parts.items()}
    return {"source": source, "frame": score.index, **corners, "score": region.score, **parts}


def event_row(event: Event) -> Row:
    """An alarm as a table's row; `parts` and `regions` are nested values."""
    regions = [{"box": list(r.box), "score": r.score, "parts": r.parts} for r in event.regions]
    row = asdict(event) | {"regions": regions}
    return {name: row[name] for name in EVENT_COLUMNS}


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


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write rows at full precision.

    Nested values stay nested in JSON lines and are JSON within a cell elsewhere.

    Args:
        columns: come first and are there even without rows; others follow in order of
            appearance.

    Raises:
        WriteError: the disk is full or the place cannot be written; nothing is left behind.
    """
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    with whole_file(path) as temporary:
        if path.suffix == ".jsonl":
            text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
            temporary.write_text(text, encoding="utf-8")
        elif path.suffix == ".parquet":
            _write_parquet(temporary, [_flat(row) for row in rows], names)
        else:
            with temporary.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, names, lineterminator="\n")
                writer.writeheader()
                writer.writerows(_flat(row) for row in rows)


def _flat(row: Row) -> Row:
    return {
        name: json.dumps(value) if isinstance(value, list | dict) else value
        for name, value in row.items()
    }


def _write_parquet(path: Path, rows: Sequence[Row], names: Sequence[str]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    def kind(name: str) -> Any:
        if name in _WORDS:
            return pa.string()
        return pa.int64() if name in _WHOLE else pa.float64()

    columns = {name: pa.array([row.get(name) for row in rows], kind(name)) for name in names}
    parquet.write_table(pa.table(columns), path)
