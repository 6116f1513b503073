"""Backups made by the web process: one at a time, beside whatever else it does."""

from __future__ import annotations

import threading

from awry.errors import AwryError
from awry.watch.store.backup import Backup, copied
from awry.watch.store.database import Database


class BackupMaker:
    """Makes backups, and knows what became of the newest.

    Attributes:
        making: name of the one that is being made; empty: none is.
        problem: why the newest could not be made, a sentence; empty: it was.
    """

    def __init__(self) -> None:
        self.making = self.problem = ""
        self._lock = threading.Lock()

    def begin(self, name: str) -> bool:
        """Take the turn to make one; False where another is being made."""
        with self._lock:
            if self.making:
                return False
            self.making, self.problem = name, ""
            return True

    def make(self, database: Database) -> Backup | None:
        """Make the one that was begun, in the store's `backups/`; None: it failed, see `problem`.

        Args:
            database: to read.
        """
        try:
            return copied(database, database.layout.backups / self.making)
        except AwryError as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"The backup failed: {type(error).__name__}."
            raise
        finally:
            self.making = ""
        return None
