"""The backups in a store's own `backups/`: listed, checked, given out, removed."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from awry.errors import InputError
from awry.storage import failure
from awry.watch.store.layout import Layout
from awry.watch.store.schema import REVISIONS

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PIECE = 2**18


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """A backup.

    Attributes:
        name: of its folder or file in `backups/`.
        kind: `store`: a whole store, which can be restored; `database`: a copy of the database
            from before an upgrade.
        at: when it was made, seconds since 1970-01-01 UTC.
        bytes: of all its files.
        own_bytes: of those that are nowhere else: a file that the store still has takes no room
            of its own.
        files: how many there are.
    """

    name: str
    kind: Literal["store", "database"]
    at: float
    bytes: int
    own_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a backup found.

    Attributes:
        sound: whether it can be restored.
        said: sentences for people: what is wrong; empty where nothing is.
        files: media files that its ledger knows.
        missing: how many of them are not there.
        schema: of its database.
    """

    sound: bool
    said: tuple[str, ...]
    files: int
    missing: int
    schema: str


def new_name(layout: Layout, now: float, timezone: str, prefix: str = "backup") -> str:
    """A name that no backup has, by the site's clock, e.g. `backup-2026-11-29-1804`."""
    stamp = datetime.fromtimestamp(now, ZoneInfo(timezone)).strftime("%Y-%m-%d-%H%M")
    name, number = f"{prefix}-{stamp}", 2
    while os.path.lexists(layout.backups / name):
        name, number = f"{prefix}-{stamp}-{number}", number + 1
    return name


def backups(layout: Layout) -> tuple[KeptBackup, ...]:
    """All backups in a store, newest first."""
    if not layout.backups.is_dir():
        return ()
    found = [
        one
        for place in layout.backups.iterdir()
        if NAME.fullmatch(place.name) and (one := _kept(place)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.at, one.name)))


def place_of(layout: Layout, name: str) -> Path:
    """Where a backup lies.

    Raises:
        InputError: there is none of the name.
    """
    place = layout.backups / name
    if NAME.fullmatch(name) is None or place.is_symlink() or not place.exists():
        raise InputError(f"There is no backup {name!r:.80} in the store's folder backups.")
    return place


def check(layout: Layout, name: str) -> Checked:
    """Look whether a backup can be restored: its database is whole, its files are there.

    Raises:
        InputError: there is none of the name.
    """
    place = place_of(layout, name)
    database = place if place.is_file() else Layout(place).database
    if not database.is_file():
        return Checked(False, ("It holds no database.",), 0, 0, "")
    try:
        address = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            whole = connection.execute("PRAGMA quick_check(1)").fetchone()
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            rows = connection.execute("SELECT path FROM file WHERE state = 'kept'").fetchall()
    except sqlite3.Error as error:
        return Checked(False, (f"Its database cannot be read: {error}.",), 0, 0, "")
    said = [] if whole == ("ok",) else ["Its database is damaged."]
    revision = str(schema[0]) if schema else ""
    if revision not in REVISIONS:
        said.append(f"Its database is of another version of awry ({revision or 'none'}).")
    if place.is_file():
        return Checked(not said, tuple(said), 0, 0, revision)
    missing = sum(not (place / path).is_file() for (path,) in rows)
    # Lost clips are a pity, and no reason to refuse: the next start marks them as missing.
    lost = [f"{missing} of its {len(rows)} files are not there."] if missing else []
    return Checked(not said, (*said, *lost), len(rows), missing, revision)


def remove(layout: Layout, name: str) -> None:
    """Delete a backup.

    Raises:
        InputError: there is none of the name.
        WriteError: it cannot be deleted.
    """
    place = place_of(layout, name)
    try:
        if place.is_file():
            place.unlink()
            return
        going = place.with_name(f".{place.name}.going")  # whole, or not there any longer
        place.rename(going)
        shutil.rmtree(going)
    except OSError as error:
        raise failure(place, error) from error


def packed(layout: Layout, name: str, *, media: bool = True) -> Iterator[bytes]:
    """A backup as a tar archive, piece by piece.

    Args:
        layout: of the store.
        name: of the backup.
        media: whether clips, pictures and footage are in it; without them it is small.

    Raises:
        InputError: there is none of the name.
    """
    return _pieces(place_of(layout, name), media)


def _pieces(place: Path, media: bool) -> Iterator[bytes]:
    held = _Held()
    target: Any = held  # no file, and enough of one for an archive that is only written
    with tarfile.open(fileobj=target, mode="w|", bufsize=_PIECE, dereference=False) as archive:
        for path in [place] if place.is_file() else _files(place):
            inside = path.relative_to(place.parent)
            if not media and len(inside.parts) > 2 and inside.parts[1] in ("media", "footage"):
                continue
            try:
                with path.open("rb") as file:
                    known = archive.gettarinfo(arcname=str(inside), fileobj=file)
                    known.uid = known.gid = 0
                    known.uname = known.gname = ""
                    known.type, known.linkname = tarfile.REGTYPE, ""
                    known.size = os.fstat(file.fileno()).st_size
                    archive.addfile(known)  # the header alone
                    yield from held.taken()
                    yield from _content(file, known.size, archive, held)
            except FileNotFoundError:
                continue
    yield from held.taken()


def _content(file: Any, size: int, archive: tarfile.TarFile, held: _Held) -> Iterator[bytes]:
    """A file's bytes and what fills its last block, so that no file is held as a whole."""
    left = size
    while left:
        piece = file.read(min(_PIECE, left))
        if not piece:
            piece = bytes(min(_PIECE, left))  # it has become shorter
        archive.fileobj.write(piece)
        left -= len(piece)
        yield from held.taken()
    blocks, rest = divmod(size, tarfile.BLOCKSIZE)
    if rest:
        archive.fileobj.write(bytes(tarfile.BLOCKSIZE - rest))
        blocks += 1
    archive.offset += blocks * tarfile.BLOCKSIZE


class _Held:
    """What an archive wrote, until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> list[bytes]:
        parts, self._parts = self._parts, []
        return parts


def _kept(place: Path) -> KeptBackup | None:
    if place.is_symlink():
        return None
    if place.is_file() and place.suffix == ".db":
        known = place.stat()
        return KeptBackup(place.name, "database", known.st_mtime, known.st_size, known.st_size, 1)
    if not place.is_dir() or not Layout(place).database.is_file():
        return None
    total = own = count = 0
    for path in _files(place):
        try:
            known = path.stat()
        except OSError:
            continue
        count += 1
        total += known.st_size
        own += known.st_size if known.st_nlink == 1 else 0
    return KeptBackup(place.name, "store", place.stat().st_mtime, total, own, count)


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path
