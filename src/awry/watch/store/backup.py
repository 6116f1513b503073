"""A copy of a store while it runs: database of one moment, and the files that it knows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, insert, select, update
from sqlalchemy.orm import Session

from awry.errors import WriteError
from awry.progress import Reporter
from awry.storage import whole_folder
from awry.watch.site.model import Site
from awry.watch.store.database import Database, open_database, site_database
from awry.watch.store.files import file_place
from awry.watch.store.layout import Layout
from awry.watch.store.migrate import copy_sqlite
from awry.watch.store.models import Base, FileRow

_SOME = 500


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied.

    Attributes:
        path: a store of its own: `store: PATH` in a site's settings starts from it.
        files: media files; `bytes`: of them.
        linked: how many of them share their content with the store's, on the same disk.
        missing: files that the ledger knows and the disk does not have; marked in the copy.
    """

    path: Path
    files: int
    bytes: int
    linked: int
    missing: tuple[str, ...]


def backup(site: Site, to: Path, *, reporter: Reporter | None = None) -> Backup:
    """Copy a site's store, also while it runs.

    Files are linked where the copy lies on the same disk, so that it takes no room: they are never
    changed in place. A database that is not SQLite becomes SQLite in the copy.

    Args:
        site: its settings.
        to: a folder that is not there yet.
        reporter: shown how long it takes.

    Raises:
        InputError: there is no database, or it is not of this version.
        ConfigError: its address cannot be used.
        WriteError: something stands at `to`, it lies in the store, or it cannot be written; nothing
            is left behind.
    """
    _refuse(site.store, to)
    with site_database(site) as database:
        return copied(database, to, reporter=reporter)


def copied(database: Database, to: Path, *, reporter: Reporter | None = None) -> Backup:
    """Copy the store of a database; as `backup`.

    Args:
        database: to read.
        to: a folder that is not there yet; it may lie in the store's own `backups/`.
        reporter: shown how long it takes.

    Raises:
        WriteError: something stands at `to`, or it cannot be written; nothing is left behind.
    """
    _refuse_there(to)
    with whole_folder(to, replace=False) as folder:
        copy = Layout(folder)
        _copy_database(database, copy)
        done = _copy_files(database.layout, copy, reporter)
    return Backup(to, *done)


def _refuse(store: Path, to: Path) -> None:
    here, there = store.resolve(), to.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise WriteError(
            f"The backup {to} and the store {store} lie in each other; choose a folder elsewhere."
        )
    _refuse_there(to)


def _refuse_there(to: Path) -> None:
    if os.path.lexists(to):
        raise WriteError(f"{to} is there already; a backup never overwrites. Choose a new folder.")


def _copy_database(database: Database, copy: Layout) -> None:
    if database.sqlite is not None:
        copy_sqlite(database.sqlite, copy.database)
        return
    target = open_database(copy)
    try:
        with database.engine.connect() as source, target.engine.begin() as into:
            source = source.execution_options(isolation_level="REPEATABLE READ", yield_per=_SOME)
            for table in Base.metadata.sorted_tables:
                for rows in source.execute(select(table)).mappings().partitions(_SOME):
                    into.execute(insert(table), [dict(row) for row in rows])
    finally:
        target.close()


def _copy_files(
    layout: Layout, copy: Layout, reporter: Reporter | None
) -> tuple[int, int, int, tuple[str, ...]]:
    """Files, bytes, files that are links, and paths that are missing."""
    engine = create_engine(URL.create("sqlite", database=str(copy.database)))
    total = linked = 0
    missing: list[str] = []
    try:
        with Session(engine) as session:
            kept = select(FileRow.path).where(FileRow.state == "kept").order_by(FileRow.path)
            paths = session.scalars(kept).all()
            sources = [(file_place(layout, path), file_place(copy, path)) for path in paths]
            found = _told(list(zip(paths, sources, strict=True)), reporter)
            for path, (source, target) in found:
                try:
                    linked += _link(source, target)
                    total += target.stat().st_size
                except FileNotFoundError:  # it went missing, or retention deleted it since
                    missing.append(path)
            for first in range(0, len(missing), _SOME):
                some = FileRow.path.in_(missing[first : first + _SOME])
                session.execute(update(FileRow).where(some).values(state="missing"))
            session.commit()
    finally:
        engine.dispose()
    _copy_bundles(layout.bundles, copy.bundles)
    return len(paths) - len(missing), total, linked, tuple(missing)


def _told(
    files: list[tuple[str, tuple[Path, Path]]], reporter: Reporter | None
) -> Iterator[tuple[str, tuple[Path, Path]]]:
    title = "Files"
    if reporter is not None:
        reporter.start(title, len(files))
    try:
        for one in files:
            yield one
            if reporter is not None:
                reporter.advance(title=title)
    finally:
        if reporter is not None:
            reporter.end(title)


def _copy_bundles(bundles: Path, to: Path) -> None:
    if not bundles.is_dir():
        return
    for source in sorted(bundles.rglob("*")):
        if source.is_file():
            with suppress(FileNotFoundError):  # a fit that failed since
                _link(source, to / source.relative_to(bundles))


def _link(source: Path, target: Path) -> bool:
    """Give a file a second place, as a link where that can be; whether it is one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=True)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
        return False
    return True
