"""Where things lie in a site's store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of a store.

    Attributes:
        root: the store itself.
    """

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file, where no other database is configured."""
        return self.root / "awry.db"

    @property
    def media(self) -> Path:
        """Clips and pictures of events, by camera and day."""
        return self.root / "media"

    @property
    def footage(self) -> Path:
        """Footage to learn from, by camera."""
        return self.root / "footage"

    @property
    def bundles(self) -> Path:
        """Detectors that were learned here, by camera."""
        return self.root / "bundles"

    @property
    def quarantine(self) -> Path:
        """Files that nobody knows; they are moved there, never deleted."""
        return self.root / "quarantine"

    @property
    def backups(self) -> Path:
        """Backups made from the page, and copies of the database from before a migration."""
        return self.root / "backups"

    @property
    def restore(self) -> Path:
        """Says which backup takes the place of what is here at the next start."""
        return self.root / "restore.json"

    @property
    def logs(self) -> Path:
        """The newest lines of the log."""
        return self.root / "logs"

    @property
    def ballast(self) -> Path:
        """A file that is given up when the disk is full, so that the database can go on."""
        return self.root / "ballast"

    @property
    def lock(self) -> Path:
        """Held by the supervisor that owns the store."""
        return self.root / "watch.lock"

    @property
    def processes(self) -> Path:
        """Held by every process of the site, so that none outlives its supervisor unnoticed."""
        return self.root / "watch.processes"

    @property
    def running(self) -> Path:
        """Where the supervisor that runs now can be asked; only its user may read it."""
        return self.root / "watch.json"

    def event_file(self, camera: str, start: float, name: str) -> str:
        """The path in the store of a file of an event.

        Args:
            camera: whose.
            start: of the event, seconds since 1970-01-01 UTC.
            name: of the file.
        """
        day = datetime.fromtimestamp(start, UTC).date().isoformat()
        return f"media/{camera}/{day}/{name}"
