"""Checks a store: database and disk against each other, and each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from awry.watch.clock import Clock, SystemClock
from awry.watch.site.model import Site, database_url
from awry.watch.store.database import Database, open_database, read_database
from awry.watch.store.disk import Disk, RealDisk
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold, is_held
from awry.watch.store.models import BundleRow, EventRow, FileRow
from awry.watch.store.reconcile import Describe, Difference, Reconciled, differences, reconcile
from awry.watch.store.schema import unreadable
from awry.watch.store.write import end_open_events


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        kind: what it concerns; `database` alone is damage.
        subject: a path relative to the store, or an event's uid.
        said: a sentence for people.
    """

    kind: str
    subject: str
    said: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        findings: of the store as it was.
        running: whether a supervisor held the store; then files that are new, being written or
            being deleted are no findings.
        repaired: what was done; None: nothing was to be done.
    """

    findings: tuple[Finding, ...]
    running: bool
    repaired: Reconciled | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def fsck(
    site: Site,
    *,
    repair: bool = False,
    describe: Describe | None = None,
    clock: Clock | None = None,
    disk: Disk | None = None,
) -> Checked:
    """Check a store; on request bring its two sides together.

    Args:
        site: its settings.
        repair: see `reconcile`; nothing known is lost, nothing unknown is deleted.
        describe: asked at a repair what an unknown file is, see `reconcile`.
        clock, disk: by default this machine's.

    Raises:
        InputError: there is no database, it is damaged or not of this version, or
            `repair` while the site runs.
        ConfigError: its address cannot be used.
        WriteError: the place cannot be written.
    """
    layout, real = Layout(site.store), disk or RealDisk()
    url = database_url(site)
    with ExitStack() as stack:
        read_database(layout, url).close()  # never makes one
        if repair:
            stack.enter_context(hold(layout))
        running = not repair and is_held(layout)
        database = open_database(layout, url) if repair else read_database(layout, url)
        stack.callback(database.close)
        try:
            findings = tuple(_findings(database, real, running))
        except SQLAlchemyError as error:
            raise unreadable(database.engine, error) from error
        done = None
        if repair:
            now = (clock or SystemClock()).now()
            done = reconcile(database, real, now, alone=True, describe=describe)
            with database.writing() as session:
                end_open_events(session, now, "It was ended by a repair of the store.")
        return Checked(findings, running, done)


def _findings(database: Database, disk: Disk, running: bool) -> Iterator[Finding]:
    yield from _damage(database)
    found = differences(database, disk)
    with database.reading() as session:
        # Whoever runs may have deleted files in between, for which their rows are gone by now.
        missing = [path for path in found.missing if _kept(session, path)]
        yield from (
            Finding("missing", path, f"{path} is in the ledger, but not on the disk.")
            for path in missing
        )
        yield from _other_files(found, running)
        if not running:
            yield from _open_events(session)
        yield from _bundles(session, database.layout)


def _other_files(found: Difference, running: bool) -> Iterator[Finding]:
    for path in found.back:
        yield Finding("back", path, f"{path} was missing, and is there again.")
    for path, size in found.resized:
        yield Finding("resized", path, f"{path} has {size} bytes, otherwise than in the ledger.")
    if running:
        return
    for path in found.unknown:
        yield Finding("unknown", path, f"{path} is on the disk, but not in the ledger.")
    for path in found.parts:
        said = f"{path} was being written; its camera's next start takes it up."
        yield Finding("part", path, said)
    for path in found.garbage:
        yield Finding("garbage", path, f"{path} was being deleted.")


def _kept(session: Session, path: str) -> bool:
    return session.scalar(select(FileRow.state).where(FileRow.path == path)) == "kept"


def _open_events(session: Session) -> Iterator[Finding]:
    wanted = select(EventRow.uid).where(EventRow.state == "open").order_by(EventRow.start)
    for uid in session.scalars(wanted):
        yield Finding("open", uid, f"Event {uid} has no end, though nothing runs.")


def _bundles(session: Session, layout: Layout) -> Iterator[Finding]:
    wanted = select(BundleRow).where(BundleRow.state.in_(("active", "shadow")))
    for row in session.scalars(wanted):
        if not (layout.root / Path(row.path)).is_dir():
            said = f"The detector {row.path} of camera {row.camera} is not on the disk."
            yield Finding("bundle", row.path, said)


def _damage(database: Database) -> Iterator[Finding]:
    if database.sqlite is None:
        return
    with database.reading() as session:
        said = session.execute(text("PRAGMA integrity_check(20)")).scalars().all()
        strays = session.execute(text("PRAGMA foreign_key_check")).all()
    name = database.sqlite.name
    yield from (Finding("database", name, f"SQLite said: {one}") for one in said if one != "ok")
    for row in strays:
        yield Finding("database", name, f"A row of table {row[0]} refers to one that is not there.")
