"""Files that grow for as long as a run lasts: under a name of their own, readable at any moment.

`scores.csv` grows as `scores.partial.csv` and takes its own name at the orderly end. What a dead
run left is never overwritten: the next run puts it aside.
"""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from awry.errors import WriteError
from awry.storage import failure, settle_file

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be renamed anyway
    fcntl = None  # type: ignore[assignment]

MARK = ".partial"


def partial_path(path: Path, suffix: str | None = None) -> Path:
    """Where a file grows.

    Args:
        path: where it will be.
        suffix: its ending while it grows, where that is another.

    >>> partial_path(Path("out/scores.csv")).name, partial_path(Path("a.parquet"), ".jsonl").name
    ('scores.partial.csv', 'a.parquet.partial.jsonl')
    """
    stem = path.stem if suffix in (None, path.suffix) else path.name
    return path.with_name(f"{stem}{MARK}{suffix or path.suffix}")


class PartialFile:
    """A claim on a place, held until the file there is whole or given up.

    Args:
        path: where the file will be.
        suffix: see `partial_path`.

    Attributes:
        path: where the file will be.
        partial: where it grows; an empty file stands there now.
        notes: what a person should know, one sentence each: what a dead run left was put aside.

    Raises:
        WriteError: the place cannot be written, or another run is writing there now.
    """

    def __init__(self, path: Path, suffix: str | None = None) -> None:
        self.path = path
        self.partial = partial_path(path, suffix)
        self.notes: list[str] = []
        self._handle: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self.partial.exists():
                self._put_aside()
            self._handle = os.open(self.partial, os.O_RDWR | os.O_CREAT, 0o666)
            _lock(self._handle)
        except BlockingIOError as error:
            self.release()
            raise WriteError(
                f"Cannot write {path}: another run is writing {self.partial} now. Wait for its "
                "end, or choose another place."
            ) from error
        except OSError as error:
            self.release()
            raise failure(path, error) from error

    def _put_aside(self) -> None:
        """Keep what a dead run left, under another name; an empty file is no loss."""
        handle = os.open(self.partial, os.O_RDWR)
        try:
            _lock(handle)
            size = os.fstat(handle).st_size
        finally:
            os.close(handle)
        if not size:
            return
        names = (f"{self.partial.stem}-{number}{self.partial.suffix}" for number in count(1))
        other = next(o for name in names if not (o := self.partial.with_name(name)).exists())
        self.partial.rename(other)
        self.notes.append(f"A run that did not end left {self.partial.name}; it is {other} now.")

    def exchange(self, other: Path) -> None:
        """Let the content of another file, on the same disk, take the place of what grew so far.

        Raises:
            OSError: it cannot.
        """
        handle = os.open(other, os.O_RDWR)
        _lock(handle)
        other.replace(self.partial)
        self.release()
        self._handle = handle

    def finish(self) -> None:
        """The file is whole: it takes the place of `path`.

        Raises:
            WriteError: it cannot; it stays where it grew.
        """
        try:
            settle_file(self.partial, self.path)
        except OSError as error:
            raise WriteError(
                f"Cannot write {self.path}: {error.strerror or error}. What was written is in "
                f"{self.partial}."
            ) from error
        finally:
            self.release()

    def drop(self) -> None:
        """Give up, and leave nothing."""
        if self._handle is not None:
            self.partial.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Give up the claim; the file stays where it grew."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lock(handle: int) -> None:
    """Take the file for this process, until it is closed.

    Raises:
        BlockingIOError: another process has it.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return
