"""Frame labels: read, turned into one form, and checked against their clip."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import DatasetError
from awry.foreign import read_json, whole_number

Range = tuple[int, int]
"""Frames `first` to `last`, 0-based, both inclusive."""

Labels = Callable[[], NDArray[np.uint8]]


def labels_from_ranges(
    ranges: Iterable[Range], length: int, clip: str, where: Path
) -> NDArray[np.uint8]:
    """Abnormal ranges as labels.

    Args:
        ranges: 0-based, both ends inclusive.
        length: number of frames of the clip.
        clip, where: the clip's name and the label file, for messages.

    Returns:
        uint8 (length,), 1 = abnormal.

    Raises:
        DatasetError: a range is backwards, negative, or ends behind the clip.
    """
    labels = np.zeros(length, np.uint8)
    for first, last in check_ranges(ranges, length, clip, where):
        labels[first : last + 1] = 1
    return labels


def check_ranges(ranges: Iterable[Range], length: int, clip: str, where: Path) -> list[Range]:
    """The ranges as they are, if they fit; arguments and errors as `labels_from_ranges`."""
    checked = list(ranges)
    for first, last in checked:
        if first < 0 or last < first:
            raise DatasetError(
                f"The labels of {clip} in {where} hold the range {first} to {last} (0-based), "
                "which is backwards or negative."
            )
        if last >= length:
            raise DatasetError(
                f"The labels of {clip} in {where} are longer than the clip: they reach frame "
                f"{last} (0-based), but it has {length} frames."
            )
    return checked


def checked_labels(
    values: NDArray[Any], length: int | None, clip: str, where: Path
) -> NDArray[np.uint8]:
    """Labels given per frame, in the project's form.

    Args:
        values: any numeric or boolean array that holds n values, each 0 or 1.
        length: number of frames of the clip, or None where counting is not cheap.
        clip, where: the clip's name and the label file, for messages.

    Returns:
        uint8 (n,), 1 = abnormal.

    Raises:
        DatasetError: another length, other values, or more than one axis.
    """
    flat = np.squeeze(values) if values.size != 1 else values.reshape(1)
    if flat.ndim != 1 or not np.isin(flat, (0, 1)).all():
        raise DatasetError(
            f"The labels of {clip} in {where} are not one 0 or 1 for each frame "
            f"(an array of shape {values.shape})."
        )
    if length is not None and len(flat) != length:
        raise DatasetError(
            f"The labels of {clip} in {where} do not fit: {len(flat)} labels for {length} frames."
        )
    return flat.astype(np.uint8)


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        DatasetError: the file cannot be read or holds something else.
    """
    return read_json(path, cure="Expected one JSON object, a value for each clip.")


def parse_ranges(value: Any, where: Path, clip: str, *, base: int = 0) -> list[Range]:
    """Ranges from JSON, `[[first, last], ...]`, both ends inclusive.

    Args:
        value: what the file holds.
        where, clip: the file and the clip's name, for messages.
        base: the number of the first frame in the file.

    Returns:
        0-based ranges in order.

    Raises:
        DatasetError: something else is there, or a range is backwards or starts below `base`.
    """
    written: list[Any] = value if isinstance(value, list) else [None]
    pairs = []
    for one in written:
        pair = _whole_pair(one)
        if pair is None:
            raise DatasetError(
                f"Cannot read the frames of {clip} in {where}: expected a list of pairs of whole "
                f"numbers like [[510, 610]], found {json.dumps(value)[:80]}."
            )
        pairs.append(pair)
        if pair[0] < base or pair[1] < pair[0]:
            raise DatasetError(
                f"The frames {pair[0]} to {pair[1]} of {clip} in {where} are backwards or below "
                f"{base}, the number of the first frame."
            )
    return sorted((first - base, last - base) for first, last in pairs)


def _whole_pair(value: Any) -> Range | None:
    """Two whole numbers, also as 510.0 or "510"; None for anything else."""
    is_pair = isinstance(value, list) and len(value) == 2
    if not is_pair or any(isinstance(one, bool | None) for one in value):
        return None
    try:
        return whole_number(str(value[0])), whole_number(str(value[1]))
    except ValueError:
        return None


def unlabelled(clips: Iterable[Clip], why: str) -> list[str]:
    """A note that names the clips without labels; none where all have them."""
    names = [clip.name for clip in clips if clip.labels is None]
    if not names:
        return []
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [f"No labels for {listed}: {why}."]
