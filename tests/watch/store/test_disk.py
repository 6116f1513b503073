from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from awry.errors import WriteError
from awry.storage import failure
from awry.watch.store.disk import RealDisk, is_full


def test_files_are_written_renamed_and_deleted(tmp_path: Path) -> None:
    disk, first, second = RealDisk(), tmp_path / "a" / "first", tmp_path / "b" / "second"
    assert disk.size(first) is None
    disk.write(first, b"12345")
    disk.write(second, b"old")
    assert list(disk.walk(tmp_path)) == [first, second]
    disk.rename(first, second)
    assert (disk.size(first), second.read_bytes()) == (None, b"12345")
    disk.unlink(second)
    disk.unlink(second)
    disk.unlink(tmp_path / "no folder" / "no file")
    disk.settle(second.parent)
    disk.settle(tmp_path / "no folder")
    assert list(disk.walk(tmp_path)) == list(disk.walk(tmp_path / "nowhere")) == []
    assert disk.size(tmp_path / "a") is None  # a folder is no file


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").write_text("somebody else's")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    assert list(RealDisk().walk(tmp_path / "in")) == []


def test_reserved_bytes_take_up_the_disk(tmp_path: Path) -> None:
    RealDisk().reserve(tmp_path / "ballast", 2**20 + 7)
    there = (tmp_path / "ballast").stat()
    assert there.st_size == 2**20 + 7
    assert there.st_blocks * 512 >= 2**20


def test_free_space_is_told_for_folders_that_are_to_come(tmp_path: Path) -> None:
    assert RealDisk().free(tmp_path / "not" / "yet") > 0


def test_a_full_disk_is_known_by_its_errors(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert is_full(full)
    wrapped = failure(tmp_path, full)
    wrapped.__cause__ = full
    assert is_full(wrapped)
    assert not is_full(OSError(errno.EACCES, "Permission denied"))
    assert not is_full(WriteError("No room in the hall."))


def test_a_database_without_room_is_known_too(tmp_path: Path) -> None:
    path = tmp_path / "small.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x TEXT)")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as small:
        small.execute(text("PRAGMA max_page_count = 3"))
        with pytest.raises(OperationalError) as caught:
            small.execute(text("INSERT INTO t VALUES (:x)"), {"x": "x" * 100_000})
    engine.dispose()
    assert is_full(caught.value)
