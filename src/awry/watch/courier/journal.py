"""What was sent and is not in the store yet, so that a courier that is killed sends nothing twice.

Between sending and the keeper's commit a process may die, and the keeper may be away for minutes.
So each delivery is noted in a file of the courier's own, and synced, before the keeper is told.
What remains is the moment between a receiver's answer and the note: each message carries an `id`
by which receivers leave out a repetition.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from awry.storage import write_text

_COMPACT_FROM = 1000


class Journal:
    """Keys of rows that were delivered; threads may use it at once.

    Args:
        path: of the file; None: it is kept in memory alone.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()  # threads that send note, the process forgets
        self._keys: dict[str, None] = dict.fromkeys(_read(path))
        self._lines = len(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def note(self, keys: Iterable[str]) -> None:
        """These were delivered.

        Raises:
            OSError: it cannot be written; it is known in memory all the same.
        """
        new = list(keys)
        with self._lock:
            self._keys = self._keys | dict.fromkeys(new)
            if self._path is None:
                return
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(f"{key}\n" for key in new)
                file.flush()
                os.fsync(file.fileno())
            self._lines += len(new)

    def forget(self, keys: Iterable[str]) -> None:
        """The store knows of these; the file is made anew once in a while."""
        gone = set(keys)
        with self._lock:
            self._keys = {key: None for key in self._keys if key not in gone}
            if self._path is not None and self._lines - len(self._keys) >= _COMPACT_FROM:
                write_text(self._path, "".join(f"{key}\n" for key in self._keys))
                self._lines = len(self._keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """All that are noted."""
        return tuple(self._keys)


def _read(path: Path | None) -> list[str]:
    """Whole lines; a torn last one was never relied on, and is taken away."""
    if path is None or not path.is_file():
        return []
    *lines, torn = path.read_text(encoding="utf-8", errors="replace").split("\n")
    if torn:
        write_text(path, "".join(f"{line}\n" for line in lines))
    return [line for line in lines if line]
