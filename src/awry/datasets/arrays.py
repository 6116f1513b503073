"""Arrays of numbers in NumPy's files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import DatasetError
from awry.foreign import check_room, read_npy, reading


def load_array(path: Path, *, mapped: bool = False) -> NDArray[Any]:
    """Read numbers or truth values from a `.npy` file, or a `.npz` file with one array.

    Args:
        path: the file.
        mapped: give a read-only memory map of a `.npy` file, instead of a copy in memory.

    Raises:
        DatasetError: the file cannot be read, or holds something else.
    """
    loaded = _from_archive(path) if path.suffix.lower() == ".npz" else read_npy(path, mapped=mapped)
    if loaded.dtype.kind not in "biuf":
        raise DatasetError(f"{path} holds {loaded.dtype}; expected numbers.")
    return loaded


def _from_archive(path: Path) -> NDArray[Any]:
    with reading(path, "a NumPy archive"), path.open("rb") as file:
        with zipfile.ZipFile(file) as entries:
            check_room(path, sum(entry.file_size for entry in entries.infolist()))
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            if len(archive.files) != 1:
                raise ValueError("it should hold one array")
            return np.asarray(archive[archive.files[0]])
