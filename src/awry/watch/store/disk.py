"""What the store asks of a file system, so that tests give one that fills up, fails or dies."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from awry.storage import sync

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BLOCK = 2**20


class Disk(Protocol):
    """A file system. What a call has done stays done when the power goes, but for `unlink`."""

    def free(self, folder: Path) -> int:
        """Bytes that may still be written below a folder, or below the nearest one that is."""
        ...

    def size(self, path: Path) -> int | None:
        """Bytes of a file; None: it is not there."""
        ...

    def write(self, path: Path, data: bytes) -> None:
        """Write a file, its folders with it; what stood there is replaced."""
        ...

    def reserve(self, path: Path, count: int) -> None:
        """Write a file that takes up so many bytes for certain."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name; what had that is replaced. Makes the folder of `new`."""
        ...

    def unlink(self, path: Path) -> None:
        """Delete a file, where it is there."""
        ...

    def settle(self, folder: Path) -> None:
        """Have the disk hold the names in a folder, where it is there."""
        ...

    def walk(self, folder: Path) -> Iterable[Path]:
        """All files below a folder, links not followed; none where it is not there."""
        ...


class RealDisk:
    """This machine's."""

    def free(self, folder: Path) -> int:
        """Bytes that this user may still write below a folder."""
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return shutil.disk_usage(folder).free

    def size(self, path: Path) -> int | None:
        """Bytes of a regular file; None: it is not there."""
        return path.stat().st_size if path.is_file() else None

    def write(self, path: Path, data: bytes) -> None:
        """Write a file and have the disk hold it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sync(path)

    def reserve(self, path: Path, count: int) -> None:
        """Write bytes that no file system can leave out or pack."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for first in range(0, count, _BLOCK):
                file.write(os.urandom(min(_BLOCK, count - first)))
        sync(path)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name and have the disk hold both folders."""
        new.parent.mkdir(parents=True, exist_ok=True)
        old.replace(new)
        sync(new.parent)
        if old.parent != new.parent:
            sync(old.parent)

    def unlink(self, path: Path) -> None:
        """Delete a file, where it is there."""
        path.unlink(missing_ok=True)

    def settle(self, folder: Path) -> None:
        """Have the disk hold the names in a folder, where it is there."""
        if folder.is_dir():
            sync(folder)

    def walk(self, folder: Path) -> Iterable[Path]:
        """All regular files below a folder, by name."""
        for place, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                if (path := Path(place, name)).is_file() and not path.is_symlink():
                    yield path


def is_full(error: BaseException) -> bool:
    """Whether an error, or what caused it, says that a disk or a quota is full."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if isinstance(one, OSError) and one.errno in _FULL:
            return True
        if isinstance(one, sqlite3.Error) and one.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return True
        one = getattr(one, "orig", None) or one.__cause__ or one.__context__
    return False
