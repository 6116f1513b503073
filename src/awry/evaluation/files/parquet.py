"""Columns of Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from awry.errors import InputError, MissingError
from awry.evaluation.files.columns import CLIP_COLUMNS, Found, Wanted, clip_column
from awry.foreign import quoted, reading


def read_parquet(path: Path, columns: Wanted) -> Found:
    """Columns of a Parquet file; see `read_numbers`."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingError(
            f"Reading {path} needs pyarrow: pip install 'awry[parquet]', or give .csv or .jsonl."
        ) from error
    with reading(path, "Parquet", InputError):
        file = parquet.ParquetFile(path)
        header = {str(name).strip().lower(): str(name) for name in file.schema_arrow.names}
    for name in columns.names:
        if name not in header:
            raise InputError(
                f"{path} has no column '{name}'; expected {','.join(columns.names)}, found "
                f"{quoted(','.join(header), 200)}."
            )
    wanted = columns.among(header)
    clip = next((name for name in CLIP_COLUMNS if name in header), None)
    kept = [*wanted, *([] if clip is None else [clip])]
    with reading(path, "Parquet", InputError):
        table = file.read(columns=[header[name] for name in kept])
    numbers = {
        name: _numbers(path, name, table[header[name]], pa, name in columns.sparse)
        for name in wanted
    }
    if clip is None:
        return numbers, None
    with reading(path, "Parquet", InputError):
        column = table[header[clip]]
        _refuse_nulls(path, clip, column)
        words = column.cast(pa.string())
        return numbers, clip_column(words.dictionary_encode())


def _numbers(path: Path, name: str, column: Any, pa: Any, sparse: bool) -> np.ndarray:
    kind = column.type
    if sparse and pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise InputError(f"{path}: {name} holds values of type {kind}; expected numbers.")
    if not sparse:
        _refuse_nulls(path, name, column)
    with reading(path, "Parquet", InputError):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), np.float64)


def _refuse_nulls(path: Path, name: str, column: Any) -> None:
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy())[0])
        raise InputError(f"{path}, row {row + 1}: {name} is missing; expected a value.")
