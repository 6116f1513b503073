"""Columns of JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from awry.errors import InputError
from awry.evaluation.files.columns import CLIP_COLUMNS, Found, Gathered, Wanted, chunks, whole_lines
from awry.foreign import quoted, reading


def read_json_lines(path: Path, columns: Wanted) -> Found:
    """Columns of a file with one JSON object a line; see `read_numbers`."""
    with closing(_objects(path)) as rows:
        first = next(rows, None)
        if first is None:
            return {name: np.empty(0) for name in columns.names}, None
        return _read_objects(path, first, rows, columns)


def _read_objects(
    path: Path,
    first: dict[str, Any],
    rest: Iterator[dict[str, Any]],
    columns: Wanted,
) -> Found:
    missing = [name for name in columns.names if name not in first]
    if missing:
        raise InputError(
            f"{path} has no '{missing[0]}' in its first line; expected "
            f"{','.join(columns.names)}, found "
            f"{quoted(','.join(first), 200)}."
        )
    wanted = columns.among(first)
    clip = next((name for name in CLIP_COLUMNS if name in first), None)
    gathered = Gathered(wanted, with_clips=clip is not None)
    row = 0
    for chunk in chunks(chain([first], rest)):
        try:
            numbers = [[_json_cell(entry, name, columns) for entry in chunk] for name in wanted]
            owners = None if clip is None else [_json_name(entry[clip]) for entry in chunk]
        except (KeyError, TypeError, OverflowError):
            _blame_object(path, row, chunk, columns, clip)
            raise
        gathered.add(numbers, owners)
        row += len(chunk)
    return gathered.joined()


def line_of(path: Path, row: int) -> int:
    """The line of a row, from 1."""
    with path.open("rb") as file:
        lines = (line for line, text in enumerate(file, 1) if text.strip())
        return next(islice(lines, row, None))


def _objects(path: Path) -> Generator[dict[str, Any], None, None]:
    with reading(path, "JSON lines", InputError) as place, path.open(encoding="utf-8-sig") as file:
        for place.line, text in enumerate(whole_lines(path, file), 1):
            if text.strip():
                entry = json.loads(text)
                if not isinstance(entry, dict):
                    raise ValueError("expected one JSON object a line")
                yield entry


def _json_cell(row: Mapping[str, Any], name: str, columns: Wanted) -> float:
    if name in columns.sparse and row.get(name) is None:
        return float("nan")
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _json_name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value.strip()


def _blame_object(
    path: Path,
    skipped: int,
    chunk: Sequence[dict[str, Any]],
    columns: Wanted,
    clip: str | None,
) -> None:
    for row, entry in enumerate(chunk, skipped):
        where = f"{path}, line {line_of(path, row)}"
        for name in columns.among(chunk[0]):
            try:
                _json_cell(entry, name, columns)
            except (KeyError, TypeError, OverflowError):
                said = quoted(json.dumps(entry.get(name)))
                raise InputError(f"{where}: {name} is {said}; expected a number.") from None
        if clip is not None and not isinstance(entry.get(clip), str):
            said = quoted(json.dumps(entry.get(clip)))
            raise InputError(f"{where}: {clip} is {said}; expected the clip's name.")
