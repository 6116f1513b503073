"""Frame labels of a data set, to measure scores that are in files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Dataset
from awry.errors import DatasetError
from awry.evaluation.files.arrays import Given
from awry.evaluation.files.clips import listed, misspelt


@dataclass(frozen=True, slots=True)
class DatasetLabels:
    """What a data set says of its test clips.

    Attributes:
        labels: clip -> uint8 (n,), 1 = abnormal; of the clips that have labels.
        unlabelled: names of the other test clips.
        fps: frames per second, or None.
        notes: what the data set's reader noticed, one sentence each.
        where: its folder, or its name.
    """

    labels: dict[str, NDArray[np.uint8]]
    unlabelled: tuple[str, ...]
    fps: float | None
    notes: list[str]
    where: Path | str


def is_dataset(given: Given) -> bool:
    """Whether labels are to be read from a data set, in any layout that `open_dataset` knows.

    A folder of label files has no folders that footage could be in.
    """
    from awry.datasets import open_dataset

    if not isinstance(given, str | Path):
        return False
    path = Path(given)
    if not path.is_dir() or not any(inside.is_dir() for inside in path.iterdir()):
        return False
    try:
        open_dataset(path)
    except DatasetError:
        return False
    return True


def read_dataset_labels(given: str | Path | Dataset) -> DatasetLabels:
    """Read the labels of a data set's test clips; no picture is decoded.

    Raises:
        DatasetError: it is in no known layout, or no test clip has labels.
    """
    from awry.datasets import as_dataset

    data = as_dataset(given)
    where = data.root or data.name
    labels = {clip.name: clip.labels() for clip in data.test if clip.labels is not None}
    without = tuple(clip.name for clip in data.test if clip.labels is None)
    if not labels:
        raise DatasetError(f"No test clip of {where} has labels; there is nothing to measure by.")
    notes = [*data.notes, *data.failed]
    if without:
        notes.append(f"{len(without)} test clips have no labels and are left out: "
                     f"{listed(without)}.")  # fmt: skip
    return DatasetLabels(labels, without, data.fps, notes, where)


def clip_called(name: str, known: Collection[str]) -> str:
    """The clip that a source of scores shows: of that name, or but for folder and ending."""
    return name if name in known else misspelt(name, known) or name
