"""Cell arrays in Matlab's files, held to what SciPy writes."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from awry.datasets.matlab import read_cells
from awry.errors import DatasetError


def cells(*arrays: np.ndarray) -> np.ndarray:
    made = np.empty((1, len(arrays)), object)
    for place, array in enumerate(arrays):
        made[0, place] = array
    return made


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "kind", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", ">f8"]
)
def test_numbers_of_every_kind(tmp_path: Path, kind: str, packed: bool) -> None:
    random = np.random.default_rng(0)
    masks = [random.integers(0, 2, (5, 3 + k)).astype(kind) for k in range(3)]
    file = tmp_path / "a.mat"
    stored = {"before": np.arange(5), "x": cells(*masks), "z": "text"}
    scipy.io.savemat(file, stored, do_compression=packed)
    found = read_cells(file, "x")
    for mine, theirs in zip(found, scipy.io.loadmat(file)["x"].ravel(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for mine, mask in zip(found, masks, strict=True):
        np.testing.assert_array_equal(mine, mask)


def test_empty_cells_and_cells_of_one_number(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"x": cells(np.zeros((0, 0)), np.array([[7]]))})
    empty, one = read_cells(tmp_path / "a.mat", "x")
    assert empty.size == 0
    assert one.tolist() == [[7]]


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    padded = content + b"\0" * (-len(content) % 8)
    return struct.pack(f"{order}II", kind, len(content)) + padded


def matrix(kind: int, shape: tuple[int, ...], *rest: bytes, order: str = "<") -> bytes:
    head = element(6, struct.pack(f"{order}II", kind, 0), order)
    head += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, head + element(1, b"x", order) + b"".join(rest), order)


def head(order: str = "<") -> bytes:
    mark = {"<": b"\x00\x01IM", ">": b"\x01\x00MI"}[order]
    return b"MATLAB 5.0 MAT-file".ljust(124) + mark


def test_big_endian(tmp_path: Path) -> None:
    cell = matrix(11, (1, 2), element(4, struct.pack(">2H", 1, 258), ">"), order=">")
    (tmp_path / "a.mat").write_bytes(head(">") + matrix(1, (1, 1), cell, order=">"))
    (found,) = read_cells(tmp_path / "a.mat", "x")
    assert found.tolist() == [[1, 258]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (matrix(1, (1, 2**30)), "0 cells are there, 1073741824 are promised"),
        (matrix(9, (1, 2), element(2, b"ab")), "x is no cell array"),
        (matrix(1, (1, 1), matrix(9, (2**15, 2**15), element(2, b"ab"))), "reshape"),
        (matrix(1, (1, 1), matrix(9, (-1, 2), element(2, b"ab"))), "shape"),
        (matrix(1, (1, 1), matrix(4, (1, 1), element(4, b"ab"))), "no full matrix of numbers"),
        (matrix(1, (1, 1), matrix(9, (1, 1))), "as a Matlab file"),
        (struct.pack("<II", 14, 2**31), "reaches beyond the end"),
        (struct.pack("<II", 15, 5) + b"12345", "as a Matlab file"),
        (element(15, zlib.compress(b"")), "as a Matlab file"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, body: bytes, said: str) -> None:
    (tmp_path / "a.mat").write_bytes(head() + body)
    with pytest.raises(DatasetError, match=said):
        read_cells(tmp_path / "a.mat", "x")


def test_other_files(tmp_path: Path) -> None:
    for content in (b"", b"MATLAB", b"no" * 500):
        (tmp_path / "a.mat").write_bytes(content)
        with pytest.raises(DatasetError, match="does not begin as"):
            read_cells(tmp_path / "a.mat", "x")
    with pytest.raises(DatasetError, match="No such file"):
        read_cells(tmp_path / "b.mat", "x")
    whole = io.BytesIO()
    scipy.io.savemat(whole, {"other": np.zeros(3)})
    (tmp_path / "a.mat").write_bytes(whole.getvalue())
    with pytest.raises(DatasetError, match="no cell array 'x'"):
        read_cells(tmp_path / "a.mat", "x")


def test_a_73_file_that_promises_more_than_it_holds(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="needs the optional package h5py")
    with h5py.File(tmp_path / "a.mat", "w") as stored:
        huge = stored.create_dataset("m", (2**40,), "u1", chunks=(2**20,))
        stored.create_dataset("x", data=np.array([[huge.ref]], h5py.ref_dtype))
    with pytest.raises(DatasetError, match="promises 1099511627776 bytes"):
        read_cells(tmp_path / "a.mat", "x")
