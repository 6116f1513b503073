"""Media files and their ledger: whatever dies in between, both sides can be brought together.

A file is written beside its place, synced and renamed before its row is written. To delete one, its
row becomes garbage, the file is unlinked, then the row goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.database import Database
from awry.watch.store.disk import Disk
from awry.watch.store.layout import Layout
from awry.watch.store.models import ClipRow, EventRow, FileRow, FootageRow

PART = ".part"
"""Behind the name of a file that is being written."""
_FOLDERS = ("media", "footage")
_PICTURES = ("picture", "annotated", "heat")
_SOME = 200


def file_place(layout: Layout, path: str) -> Path:
    """Where a file of the ledger lies.

    Args:
        layout: of the store.
        path: relative to it, below `media` or `footage`.

    Raises:
        InputError: it leads elsewhere.
    """
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] not in _FOLDERS or ".." in parts or "\\" in path:
        raise InputError(f"{path!r} is no media file of a store; expected e.g. media/CAMERA/FILE.")
    return layout.root.joinpath(*parts)


def put_file(layout: Layout, disk: Disk, path: str, data: bytes) -> int:
    """Write a media file whole; its row is to follow, see `write.add_file`.

    Args:
        layout: of the store.
        disk: the file system.
        path: relative to the store; what stands there is replaced.
        data: all of it.

    Returns:
        its bytes.

    Raises:
        OSError: the disk is full or failing; nothing half-written has the name.
    """
    place = file_place(layout, path)
    part = place.with_name(place.name + PART)
    disk.write(part, data)
    disk.rename(part, place)
    return len(data)


def delete_files(database: Database, disk: Disk, paths: Sequence[str]) -> int:
    """Delete media files: their rows, what refers to them, and the files.

    Args:
        database: the keeper's.
        disk: the file system. A file that cannot be deleted now stays as garbage in the ledger.
        paths: of the ledger; unknown ones are left alone.

    Returns:
        how many bytes of the ledger became free.
    """
    freed = 0
    for first in range(0, len(paths), _SOME):
        some = paths[first : first + _SOME]
        with database.writing() as session:
            _forget(session, some)
        freed += collect_garbage(database, disk, some)
    return freed


def collect_garbage(database: Database, disk: Disk, paths: Sequence[str] | None = None) -> int:
    """Finish deleting what the ledger calls garbage: of these paths, or all of it.

    Returns:
        how many bytes became free.
    """
    wanted = select(FileRow.path, FileRow.bytes).where(FileRow.state == "garbage")
    if paths is not None:
        wanted = wanted.where(FileRow.path.in_(paths))
    with database.reading() as session:
        rows = [(path, size) for path, size in session.execute(wanted)]
    gone = _unlinked(database.layout, disk, rows)
    for first in range(0, len(gone), _SOME):
        names = [path for path, _ in gone[first : first + _SOME]]
        with database.writing() as session:
            session.execute(
                delete(FileRow).where(FileRow.path.in_(names), FileRow.state == "garbage")
            )
    return sum(size for _, size in gone)


def _unlinked(layout: Layout, disk: Disk, rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Delete files; those that are gone for good."""
    folders: dict[Path, list[tuple[str, int]]] = {}
    for path, size in rows:
        place = file_place(layout, path)
        with suppress(OSError):
            disk.unlink(place)
            folders.setdefault(place.parent, []).append((path, size))
    gone: list[tuple[str, int]] = []
    for folder, some in folders.items():
        with suppress(OSError):
            disk.settle(folder)
            gone += some
    return gone


def _forget(session: Session, paths: Sequence[str]) -> None:
    """Make rows garbage and take away what refers to them."""
    rows = session.scalars(select(FileRow).where(FileRow.path.in_(paths))).all()
    for row in rows:
        row.state = "garbage"
    session.execute(delete(ClipRow).where(ClipRow.path.in_(paths)))
    session.execute(delete(FootageRow).where(FootageRow.path.in_(paths)))
    events = {row.event for row in rows if row.event}
    for name in _PICTURES:
        shown = EventRow.uid.in_(events), getattr(EventRow, name).in_(paths)
        session.execute(update(EventRow).where(*shown).values({name: ""}))
    session.flush()
    left = select(FileRow.event).where(FileRow.event.in_(events), FileRow.state != "garbage")
    empty = events - set(session.scalars(left))
    session.execute(update(EventRow).where(EventRow.uid.in_(empty)).values(media="expired"))
