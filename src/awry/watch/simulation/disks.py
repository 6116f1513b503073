"""A disk that is full when it is told to be."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import IO, Any, cast
from weakref import WeakSet

from awry.watch.ingest.clip_file import RealDisk as ClipDisk
from awry.watch.store.disk import RealDisk

_FREE = 100 * 2**30


def _no_room() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FillingDisk(RealDisk):
    """The store's file system; `full` says whether there is room."""

    def __init__(self) -> None:
        self.full = False

    def free(self, folder: Path) -> int:
        """None, or plenty."""
        return 0 if self.full else _FREE

    def write(self, path: Path, data: bytes) -> None:
        """Write, where there is room."""
        if self.full:
            raise _no_room()
        super().write(path, data)

    def reserve(self, path: Path, count: int) -> None:
        """Take a little room: what counts is whether there is some."""
        if self.full:
            raise _no_room()
        super().reserve(path, min(count, 4096))


class FillingClipDisk(ClipDisk):
    """The same disk as an ingest process sees it.

    Args:
        disk: whose room counts.
    """

    def __init__(self, disk: FillingDisk) -> None:
        self._disk = disk
        self._open: WeakSet[_Growing] = WeakSet()

    def die(self) -> None:
        """The process was killed: its files stay as they are."""
        for file in self._open:
            file.close()

    def create(self, path: Path) -> IO[bytes]:
        """A new file that cannot grow while the disk is full."""
        if self._disk.full:
            raise _no_room()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _Growing(self._disk, path)
        self._open.add(file)
        return cast("IO[bytes]", file)


class _Growing(io.FileIO):
    def __init__(self, disk: FillingDisk, path: Path) -> None:
        super().__init__(path, "x")
        self._disk = disk

    def write(self, data: Any) -> int:
        if self.closed:  # what FFmpeg still held dies with the process
            return len(data)
        if self._disk.full:
            raise _no_room()
        return super().write(data)
