"""Arrays in NumPy's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets.arrays import load_array
from awry.errors import DatasetError


@pytest.mark.parametrize("kind", [bool, np.int64, np.uint16, np.float32])
def test_numbers_and_truth_values(tmp_path: Path, kind: type) -> None:
    values = np.array([0, 1, 1], kind)
    np.save(tmp_path / "a.npy", values)
    np.savez_compressed(tmp_path / "b.npz", anything=values)
    for name in ("a.npy", "b.npz"):
        assert load_array(tmp_path / name).tolist() == values.tolist()
    assert isinstance(load_array(tmp_path / "a.npy", mapped=True), np.memmap)


def test_what_is_no_array_of_numbers(tmp_path: Path) -> None:
    with (tmp_path / "archive.npy").open("wb") as file:
        np.savez(file, np.zeros(3))
    np.savez(tmp_path / "two.npz", a=np.zeros(3), b=np.zeros(3))
    np.save(tmp_path / "text.npy", np.array(["0", "1"]))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04")
    for name, why in (
        ("archive.npy", "archive"), ("two.npz", "one array"), ("text.npy", "expected numbers"),
        ("broken.npz", "Cannot read"),
    ):  # fmt: skip
        with pytest.raises(DatasetError, match=why):
            load_array(tmp_path / name)


def test_an_archive_that_promises_too_much_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, a=np.zeros(10, np.uint8))
    content = path.read_bytes()
    size = (128 + 10).to_bytes(4, "little")
    assert content.count(size) >= 1  # in the list at the archive's end
    path.write_bytes(content.replace(size, (2**31).to_bytes(4, "little")))
    with pytest.raises(DatasetError, match="promises"):
        load_array(path)
