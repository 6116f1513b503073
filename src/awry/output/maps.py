"""Anomaly maps of one source: they grow on disk frame by frame and become one npz."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.errors import MissingError, WriteError
from awry.partial import PartialFile
from awry.storage import failure, whole_file

SUFFIX = ".npy"
"""While they grow they are one npy file of pairs: `frame` int64 and `map` float32 (h, w)."""


class MapsWriter:
    """Writes maps as npz: `maps` (n, h, w) float32 and `frames` (n,) int64.

    Memory does not grow with their number. Until the end they are in `NAME.npz.partial.npy`, which
    `numpy.load` reads at any moment: an array of n pairs `frame` and `map`.

    Args:
        path: of the npz.

    Attributes:
        notes: what a person should know, one sentence each.

    Raises:
        WriteError: the disk is full or the place cannot be written.
        MissingError: at the end, no map was added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claim = PartialFile(path, SUFFIX)
        self.notes = self._claim.notes
        try:
            self._file = FileIO(self._claim.partial, "r+")
        except OSError as error:
            raise failure(path, error) from error
        self._pair: np.dtype | None = None
        self._start = 0
        self._count = 0

    def add(self, frame: int, map: NDArray[np.float32]) -> None:
        """Append a frame's map (h, w)."""
        try:
            if self._pair is None:
                self._pair = np.dtype([("frame", "<i8"), ("map", "<f4", map.shape)])
                self._write_header()
                self._start = self._file.tell()
            pair = np.array([(frame, map)], self._pair).tobytes()
            self._file.seek(self._start + self._count * len(pair))
            if self._file.write(pair) < len(pair):
                raise OSError(28, os.strerror(28))
            self._count += 1
            self._write_header()
        except OSError as error:
            raise failure(self.path, error) from error

    def _write_header(self) -> None:
        """NumPy leaves room in a header for the number of rows to grow."""
        assert self._pair is not None
        about = {"descr": np.lib.format.dtype_to_descr(self._pair), "fortran_order": False}
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, about | {"shape": (self._count,)})

    def finish(self) -> None:
        """All maps are there: they become an npz."""
        self._file.close()
        if self._pair is None:
            self._claim.drop()
            raise MissingError(
                f"No map was given for {self.path.stem}: the method has none, or no frame was "
                "scored. Leave --maps out."
            )
        try:
            pairs = np.load(self._claim.partial, mmap_mode="r")
            with whole_file(self.path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(file, frames=pairs["frame"], maps=pairs["map"])
            self._claim.drop()
        except WriteError as error:
            self._claim.release()
            raise WriteError(f"{error} The maps are in {self._claim.partial}.") from error

    def leave(self) -> None:
        """End at once: the maps stay as they are; without a map nothing stays."""
        self._file.close()
        if self._count:
            self._claim.release()
        else:
            self._claim.drop()

    def drop(self) -> None:
        """Give up, and leave nothing."""
        self._file.close()
        self._claim.drop()
