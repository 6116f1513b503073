"""Alarms from elsewhere: first and last frame of each, in plain files or as pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from awry.errors import InputError
from awry.evaluation.files.arrays import Given
from awry.evaluation.files.numbers import read_numbers
from awry.evaluation.metrics.event import Run

Row = tuple[Callable[[], str], str, float, float]
"""What says where it stands, its clip, its first and its last frame."""


def read_alarms(
    given: Given, lengths: Mapping[str, int], *, first_frame: int = 0
) -> dict[str, list[Run]]:
    """Read alarms of labelled clips.

    Args:
        given: CSV with `first,last`, frames, both inclusive, and `clip` or `source`; or by clip
            pairs of both. Of one clip alone no name is needed.
        lengths: clip -> its number of frames.
        first_frame: the number of a clip's first frame in files.

    Raises:
        InputError: a clip has no labels, or an alarm is outside its clip; file and line are named.
    """
    rows = (
        _file_rows(Path(given), lengths, first_frame)
        if isinstance(given, str | Path)
        else _array_rows(given, lengths)
    )
    runs: dict[str, list[Run]] = {name: [] for name in lengths}
    for where, name, first, last in rows:
        if name not in lengths:
            raise InputError(f"{where()}: there are no labels of clip {name}.")
        whole = first.is_integer() and last.is_integer()
        if not (whole and 0 <= first <= last < lengths[name]):
            raise InputError(
                f"{where()}: an alarm from frame {first:g} to {last:g} (from 0) in clip "
                f"{name} of {lengths[name]} frames; expected whole numbers, first to last, inside "
                "the clip. If frames count from 1, give --scores-first-frame 1."
            )
        runs[name].append((int(first), int(last)))
    return runs


def _file_rows(path: Path, lengths: Mapping[str, int], first_frame: int) -> Iterator[Row]:
    table = read_numbers(path, ["first", "last"])
    if table.clips is None and len(lengths) > 1 and len(table.finite("first")):
        raise InputError(
            f"{path} has no column 'clip', but the labels are of {len(lengths)} clips; expected "
            "clip,first,last."
        )
    firsts = (table.finite("first") - first_frame).tolist()
    lasts = (table.finite("last") - first_frame).tolist()
    for row, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        name = next(iter(lengths)) if table.clips is None else table.clips.name(row)
        yield partial(table.where, row), name, first, last


def _array_rows(given: object, lengths: Mapping[str, int]) -> Iterator[Row]:
    if isinstance(given, Mapping):
        clips = given
    elif len(lengths) == 1:
        clips = {next(iter(lengths)): given}
    else:
        raise InputError(
            f"The alarms have no clip, but the labels are of {len(lengths)} clips; expected a "
            "mapping of clip -> pairs of first and last frame."
        )
    for name, pairs in clips.items():
        try:
            ends = np.asarray(pairs, np.float64).reshape(-1, 2)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The alarms of clip {name} are not pairs of first and last frame."
            ) from error
        for number, (first, last) in enumerate(ends.tolist()):
            yield f"Alarm {number} (from 0)".__str__, name, first, last
