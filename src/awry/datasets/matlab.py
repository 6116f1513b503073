"""Cell arrays of matrices in Matlab's files, formats 5 to 7 and 7.3.

SciPy reads formats 5 to 7 as well, but its compiled reader crashes the whole process on damaged
files. What labels need of the format is small and read here, where every length is checked.

Source: The MathWorks, MAT-File Format, 2019, chapter 1.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import DatasetError, MissingError
from awry.foreign import check_room, reading

_NUMBERS = {
    **{1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"},
}
"""How numbers are stored, by the type of their element."""
_MATRIX, _COMPRESSED = 14, 15
_CELL, _FIRST_NUMERIC, _LAST_NUMERIC = 1, 6, 15


def read_cells(file: Path, name: str) -> list[NDArray[Any]]:
    """Read a cell array whose cells are matrices of numbers.

    Args:
        file: a Matlab file of format 5, 6, 7 or 7.3.
        name: of the variable.

    Returns:
        The matrices in Matlab's order of the cells, each (rows, columns, ...), of the type that
        they are stored as.

    Raises:
        DatasetError: the file cannot be read, has no such variable, or that is something else.
        MissingError: the file is of format 7.3 and h5py is not installed.
    """
    with reading(file, "a Matlab file"):
        data = file.read_bytes()
        if _is_73(data):
            return _read_cells_73(file, name)
        variable = next((one for one in _variables(data) if one.name == name), None)
        if variable is None:
            raise DatasetError(f"{file} holds no cell array '{name}'.")
        return variable.cells()


def _is_73(data: bytes) -> bool:
    signed = any(data[at : at + 8] == b"\x89HDF\r\n\x1a\n" for at in (0, 512, 1024, 2048))
    return signed or data[124:128] in (b"\x00\x02IM", b"\x02\x00MI")


@dataclass(frozen=True, slots=True)
class _Elements:
    """Elements that follow one another; `order` is `<` or `>`."""

    data: memoryview
    order: str

    def __iter__(self) -> Iterator[tuple[int, memoryview]]:
        """Each element's type and content."""
        at = 0
        while at < len(self.data):
            kind, size = struct.unpack_from(f"{self.order}II", self.data, at)
            begin, padded = at + 8, size + -size % 8
            if kind >> 16:  # up to four bytes stand in the tag itself
                kind, size = kind & 0xFFFF, kind >> 16
                begin, padded = at + 4, 4
            elif kind == _COMPRESSED:
                padded = size
            if size > len(self.data) - begin or size > padded:
                raise ValueError(f"an element of {size} bytes reaches beyond the end")
            yield kind, self.data[begin : begin + size]
            at = begin + padded


@dataclass(frozen=True, slots=True)
class _Array:
    """A matrix element, its head read."""

    kind: int
    shape: tuple[int, ...]
    name: str
    rest: Iterator[tuple[int, memoryview]]
    order: str

    def cells(self) -> list[NDArray[Any]]:
        if self.kind != _CELL:
            raise ValueError(f"{self.name} is no cell array")
        arrays = [_array(content, self.order).numbers() for _, content in self.rest]
        if len(arrays) != prod(self.shape):
            raise ValueError(f"{len(arrays)} cells are there, {prod(self.shape)} are promised")
        return arrays

    def numbers(self) -> NDArray[Any]:
        if not _FIRST_NUMERIC <= self.kind <= _LAST_NUMERIC:
            raise ValueError("a cell is no full matrix of numbers")
        stored, content = next(self.rest)
        values = np.frombuffer(content, f"{self.order}{_NUMBERS[stored]}")
        return values.reshape(self.shape, order="F")


def _array(content: memoryview, order: str) -> _Array:
    if not len(content):  # how an empty matrix may be written
        return _Array(_FIRST_NUMERIC, (0, 0), "", iter([(9, content)]), order)
    parts = iter(_Elements(content, order))
    (_, flags), (_, dimensions), (_, name) = next(parts), next(parts), next(parts)
    (kind,) = struct.unpack_from(f"{order}I", flags)
    shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
    if any(side < 0 for side in shape):
        raise ValueError(f"an array has the shape {shape}")
    return _Array(kind & 0xFF, shape, bytes(name).decode("latin-1"), parts, order)


def _variables(data: bytes) -> Iterator[_Array]:
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise ValueError("it does not begin as a file of format 5, 6, 7 or 7.3 does")
    for kind, content in _Elements(memoryview(data)[128:], order):
        if kind == _COMPRESSED:
            kind, content = next(iter(_Elements(memoryview(zlib.decompress(content)), order)))
        if kind == _MATRIX:
            yield _array(content, order)


def _read_cells_73(file: Path, name: str) -> list[NDArray[Any]]:
    """Format 7.3 is HDF5, with references to the cells and axes reversed."""
    try:
        import h5py
    except ImportError as error:
        raise MissingError(
            f"{file} is in Matlab's format 7.3, which needs the package h5py; install it with "
            "'pip install awry[matlab73]'."
        ) from error
    with h5py.File(file, "r") as stored:
        if name not in stored:
            raise DatasetError(f"{file} holds no cell array '{name}'.")
        sets = [stored[reference] for reference in _whole(file, stored[name]).ravel()]
        return [_whole(file, one).T for one in sets]


def _whole(file: Path, stored: Any) -> NDArray[Any]:
    check_room(file, stored.size * stored.dtype.itemsize)
    return np.asarray(stored)
