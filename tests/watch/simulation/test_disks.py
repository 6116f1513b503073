from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.simulation.disks import FillingClipDisk, FillingDisk
from awry.watch.store.disk import is_full


def test_a_full_disk_takes_nothing_and_says_so(tmp_path: Path) -> None:
    disk = FillingDisk()
    clips = FillingClipDisk(disk)
    disk.write(tmp_path / "a", b"x")
    disk.reserve(tmp_path / "b", 10**9)
    with clips.create(tmp_path / "c" / "d") as file:
        file.write(b"x")
        assert disk.free(tmp_path)
        disk.full = True
        with pytest.raises(OSError, match="No space") as caught:
            file.write(b"y")
    assert is_full(caught.value)
    for refused in (
        lambda: disk.write(tmp_path / "e", b"x"),
        lambda: disk.reserve(tmp_path / "e", 1),
        lambda: clips.create(tmp_path / "e"),
    ):
        with pytest.raises(OSError, match="No space"):
            refused()
    assert disk.free(tmp_path) == 0
    assert (tmp_path / "b").stat().st_size <= 4096
