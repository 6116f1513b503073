"""Stores for tests: a disk in memory that fills up, fails or dies, and a database made once."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from awry.watch.site.model import Site
from awry.watch.store.database import Database, open_database
from awry.watch.store.layout import Layout
from awry.watch.store.results import StoredClip, StoredEvent

NOON = 1_800_000_000.0


class Dead(BaseException):
    """The process was killed, or the power went."""


class FakeDisk:
    """A disk in memory.

    Args:
        capacity: bytes that fit; None: any number.
        tick: called before and after whatever is done; it may raise `Dead`.
    """

    def __init__(
        self, capacity: int | None = None, tick: Callable[[], None] = lambda: None
    ) -> None:
        self.files: dict[Path, bytes] = {}
        self.capacity, self.tick = capacity, tick
        self.failing: OSError | None = None

    def free(self, folder: Path) -> int:
        used = sum(len(data) for data in self.files.values())
        return 2**50 if self.capacity is None else max(0, self.capacity - used)

    def size(self, path: Path) -> int | None:
        return len(self.files[path]) if path in self.files else None

    def write(self, path: Path, data: bytes) -> None:
        self._fail()
        self.tick()
        old = len(self.files.get(path, b""))
        if len(data) - old > self.free(path):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        self.files[path] = data[: len(data) // 2]
        self.tick()
        self.files[path] = data
        self.tick()

    def reserve(self, path: Path, count: int) -> None:
        self.write(path, bytes(count))

    def rename(self, old: Path, new: Path) -> None:
        self._fail()
        self.tick()
        self.files[new] = self.files.pop(old)
        self.tick()

    def unlink(self, path: Path) -> None:
        self._fail()
        self.tick()
        self.files.pop(path, None)
        self.tick()

    def settle(self, folder: Path) -> None:
        self._fail()

    def walk(self, folder: Path) -> Iterable[Path]:
        return sorted(path for path in self.files if folder in path.parents)

    def _fail(self) -> None:
        if self.failing is not None:
            raise self.failing


class MortalDatabase(Database):
    """A database whose process may die just before and just after a transaction is kept."""

    tick: Callable[[], None]

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
            self.tick()
        self.tick()


def quick(database: Database) -> Database:
    """The same without waiting for the disk: tests need not outlive a power cut."""
    database.engine.dispose()

    @event.listens_for(database.engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    return database


@cache
def template() -> Path:
    """A database that was made once: copies cost a hundredth."""
    layout = Layout(Path(mkdtemp()) / "store")
    open_database(layout).close()
    return layout.database


def a_store(folder: Path) -> Database:
    """An empty store to write."""
    layout = Layout(folder / "store")
    layout.root.mkdir(parents=True)
    shutil.copy(template(), layout.database)
    return quick(open_database(layout))


def a_site(folder: Path, **more: Any) -> Site:
    """The settings of a site whose store `a_store` makes."""
    return Site(store=folder / "store", **more)


def an_event(number: int = 1, **more: Any) -> StoredEvent:
    """An event of the camera `yard`."""
    start = more.pop("start", NOON + number)
    values: dict[str, Any] = {
        "uid": f"{number:032x}",
        "camera": "yard",
        "start": start,
        "end": start + 2.0,
        "peak_at": start + 1.0,
        "score": 3.0,
        "threshold": 2.0,
        "bundle": "bundles/yard/1",
    }
    return StoredEvent(**{**values, **more})


def a_clip(number: int = 1, part: int = 0, **more: Any) -> StoredClip:
    """A clip of `an_event(number)`."""
    uid = f"{number:032x}"
    values: dict[str, Any] = {
        "event": uid,
        "part": part,
        "path": f"media/yard/2027-01-15/{uid}-{part}.mp4",
        "start": NOON + number - 5,
        "end": NOON + number + 7,
        "bytes": 100,
        "codec": "h264",
    }
    return StoredClip(**{**values, **more})
