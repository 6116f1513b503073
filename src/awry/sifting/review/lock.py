"""One session at a time changes a run."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from awry.errors import WriteError
from awry.sifting.run_folder import RUN

LOCK = ".review.lock"


def hold(folder: Path) -> FileLock | None:
    """Take hold of a run until the lock is released or the process ends.

    Returns:
        The lock; None where another session holds the run.

    Raises:
        WriteError: nothing can be written in the folder.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except OSError as error:
        raise WriteError(
            f"Cannot write in {folder}: {error.strerror}. Give yourself the right to."
        ) from error
    return lock


def written(folder: Path) -> int:
    """When a run was written last, in nanoseconds; to tell whether it has changed."""
    file = folder / RUN
    return file.stat().st_mtime_ns if file.is_file() else 0
