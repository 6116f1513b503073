"""Brings the ledger and the disk together: nothing known is lost, nothing unknown is deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from awry.watch.clock import Clock
from awry.watch.messages import FileWritten
from awry.watch.store.database import Database
from awry.watch.store.disk import Disk
from awry.watch.store.files import PART, collect_garbage, file_place
from awry.watch.store.layout import Layout
from awry.watch.store.models import ClipRow, EventRow, FileRow
from awry.watch.store.results import StoredClip, StoredFootage
from awry.watch.store.write import add_clip, add_file, add_footage

Describe = Callable[[Path], FileWritten | None]
"""What a media file says of itself; None where it says nothing."""
_UID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_VIDEOS = (".mp4", ".mkv", ".mov", ".ts")
_MISSING, _RESIZED = "The file is not there.", "The file has {now} bytes instead of {was}."
_SOME = 500
PATIENCE_S = 3600.0
"""A file may be unknown for so long while a site runs."""
LOOKS_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Difference:
    """What the disk has otherwise than the ledger. Paths are relative to the store.

    Attributes:
        missing: known files that are not there.
        back: files that were missing, and are there again.
        resized: known files of another size, with it.
        unknown: whole files that nobody knows.
        parts: files that somebody was writing.
        garbage: files that are being deleted.
    """

    missing: tuple[str, ...]
    back: tuple[str, ...]
    resized: tuple[tuple[str, int], ...]
    unknown: tuple[str, ...]
    parts: tuple[str, ...]
    garbage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done.

    Attributes:
        found: how both sides stood before.
        adopted: unknown files that belong to a known event, or said what they are.
        quarantined: unknown files, where they lie now.
        left: unknown files that could not be moved.
    """

    found: Difference
    adopted: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """Sentences for the log; none where both sides agreed."""
        count = {
            "{} known files are not there; their rows are marked.": len(self.found.missing),
            "{} files that were missing are there again.": len(self.found.back),
            "{} files have another size than the ledger says.": len(self.found.resized),
            "{} deletions were finished.": len(self.found.garbage),
            "{} files were adopted: they belong to a known event.": len(self.adopted),
            "{} unknown files were moved to quarantine.": len(self.quarantined),
            "{} unknown files could not be moved.": len(self.left),
        }
        return tuple(text.format(number) for text, number in count.items() if number)


def differences(database: Database, disk: Disk) -> Difference:
    """Compare the ledger and the disk; nothing is changed."""
    layout = database.layout
    with database.reading() as session:
        rows = session.execute(select(FileRow.path, FileRow.state, FileRow.bytes)).all()
    ledger = {path: (state, size) for path, state, size in rows}
    there = dict(_files(layout, disk))
    kept = {path: size for path, (state, size) in ledger.items() if state == "kept"}
    strange = sorted(set(there) - set(ledger))
    return Difference(
        missing=tuple(sorted(set(kept) - set(there))),
        back=tuple(
            sorted(
                path for path, (state, _) in ledger.items() if state == "missing" and path in there
            )
        ),
        resized=tuple(
            (path, there[path])
            for path, size in sorted(kept.items())
            if path in there and there[path] != size
        ),
        unknown=tuple(path for path in strange if not path.endswith(PART)),
        parts=tuple(path for path in strange if path.endswith(PART)),
        garbage=tuple(sorted(path for path, (state, _) in ledger.items() if state == "garbage")),
    )


def reconcile(
    database: Database, disk: Disk, at: float, *, alone: bool, describe: Describe | None = None
) -> Reconciled:
    """Bring ledger and disk together; a second time changes nothing.

    Args:
        database: to write.
        disk: the file system.
        at: now.
        alone: nobody else works on the store, so that an unknown file is nobody's fresh one. It is
            adopted then, or moved to quarantine; files that were being written stay for `ingest`.
        describe: asked what an unknown file is, where a process can open it.

    Returns:
        what was found and done.
    """
    found = differences(database, disk)
    collect_garbage(database, disk)
    with database.writing() as session:
        _mark(session, found)
    if not alone:
        return Reconciled(found)
    done = _Sorting(database, disk, at, describe)
    for path in found.unknown:
        done.sort(path)
    return Reconciled(found, tuple(done.adopted), tuple(done.quarantined), tuple(done.left))


class Sweeper:
    """Brings ledger and disk together while a site runs, and sorts files that stay unknown.

    A fresh file's row is on its way, so a file is sorted once it was unknown at two looks that lie
    `PATIENCE_S` apart at least.

    Args:
        database: the keeper's.
        disk: the file system.
        clock: the time.
    """

    def __init__(self, database: Database, disk: Disk, clock: Clock) -> None:
        self._database, self._disk, self._clock = database, disk, clock
        self._known: frozenset[str] | None = None
        self._next = clock.monotonic()

    def step(self) -> Reconciled | None:
        """Look where it is time to; None: it is not. A look reads the names of all files."""
        if self._clock.monotonic() < self._next:
            return None
        before, first = self._known or frozenset(), self._known is None
        self._next = self._clock.monotonic() + (PATIENCE_S if first else LOOKS_S)
        found = differences(self._database, self._disk)
        self._known = frozenset(found.unknown)
        collect_garbage(self._database, self._disk)
        with self._database.writing() as session:
            _mark(session, found)
        done = _Sorting(self._database, self._disk, self._clock.now(), None)
        for path in found.unknown:
            if path in before:
                done.sort(path)
        return Reconciled(found, tuple(done.adopted), tuple(done.quarantined), tuple(done.left))


def _files(layout: Layout, disk: Disk) -> Iterator[tuple[str, int]]:
    for folder in (layout.media, layout.footage):
        for path in disk.walk(folder):
            size = disk.size(path)
            if size is not None:  # it may have gone since
                yield path.relative_to(layout.root).as_posix(), size


def _mark(session: Session, found: Difference) -> None:
    for paths, state, note in ((found.missing, "missing", _MISSING), (found.back, "kept", "")):
        for first in range(0, len(paths), _SOME):
            some = paths[first : first + _SOME]
            rows = update(FileRow).where(FileRow.path.in_(some))
            session.execute(rows.values(state=state, note=note))
    for path, size in found.resized:
        row = session.get(FileRow, path)
        if row is not None:
            row.note, row.bytes = _RESIZED.format(now=size, was=row.bytes), size


@dataclass(slots=True)
class _Sorting:
    """Finds a place for unknown files, each in a transaction of its own."""

    database: Database
    disk: Disk
    at: float
    describe: Describe | None
    adopted: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def sort(self, path: str) -> None:
        """Adopt a file, or move it to quarantine."""
        place = file_place(self.database.layout, path)
        size = self.disk.size(place)
        if size is None:
            return
        with self.database.writing() as session:
            if self._adopt(session, path, place, size):
                self.adopted.append(path)
                return
        self._move(path, place)

    def _adopt(self, session: Session, path: str, place: Path, size: int) -> bool:
        said = None if self.describe is None else self.describe(place)
        if said is not None and said.kind == "footage":
            names = (said.start, said.end, size, said.light)
            return add_footage(session, StoredFootage(said.camera, path, *names))
        uid = said.event if said is not None else _uid_in(place.name)
        event = session.get(EventRow, uid) if uid else None
        if event is None:
            return False
        if place.suffix not in _VIDEOS:
            add_file(
                session,
                path,
                camera=event.camera,
                kind="picture",
                size=size,
                at=event.start,
                event=event.uid,
            )
            return True
        clip = self._clip(session, path, size, event, said)
        return add_clip(session, event.camera, clip, self.at)

    def _clip(
        self, session: Session, path: str, size: int, event: EventRow, said: FileWritten | None
    ) -> StoredClip:
        parts = select(func.max(ClipRow.part)).where(ClipRow.event == event.uid)
        last = session.scalar(parts)
        part = 0 if last is None else last + 1
        if said is not None:
            times = (said.start, said.end)
            return StoredClip(event.uid, said.part, path, *times, size, said.codec, said.note)
        note = "Found at a start; its times are the event's."
        return StoredClip(event.uid, part, path, event.start, event.end, size, note=note)

    def _move(self, path: str, place: Path) -> None:
        target = self.database.layout.quarantine / path
        number = 0
        while self.disk.size(target) is not None:
            number += 1
            target = (self.database.layout.quarantine / path).with_name(f"{number}-{place.name}")
        try:
            self.disk.rename(place, target)
        except OSError:  # e.g. media lie on another disk
            self.left.append(path)
        else:
            self.quarantined.append(target.relative_to(self.database.layout.root).as_posix())


def _uid_in(name: str) -> str:
    found = _UID.search(name)
    return found[0] if found else ""
