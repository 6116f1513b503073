"""How a site stands, by its store alone: also while nothing runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.watch.clock import Clock, SystemClock
from awry.watch.site.model import Site
from awry.watch.store.calibrations import budgets
from awry.watch.store.database import Database, site_database
from awry.watch.store.disk import Disk, RealDisk
from awry.watch.store.lock import is_held
from awry.watch.store.models import EventRow, FileRow
from awry.watch.store.outbox import outbox_states
from awry.watch.store.read import bundles, cameras
from awry.watch.store.results import Budget, OutboxState, StoredBundle, StoredCamera
from awry.watch.store.schema import REVISIONS

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How a camera stands.

    Attributes:
        camera: its state and flags.
        bundle: the detector that alarms; None: it has none yet.
        budget: of today, in the site's time zone; None: nothing was counted yet.
        events: that began in the last 24 hours; `told`: those of which somebody was told.
        newest: when the newest event began; None: there was none.
    """

    camera: StoredCamera
    bundle: StoredBundle | None
    budget: Budget | None
    events: int
    told: int
    newest: float | None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """How a store stands.

    Attributes:
        schema: of the database.
        database_bytes: of the SQLite file and its log; None: it is another database.
        media_bytes, footage_bytes: by the ledger.
        files: count by state, see `models.FileRow`.
        free_bytes: of the disk of the media.
        quarantined: files in quarantine.
    """

    schema: str
    database_bytes: int | None
    media_bytes: int
    footage_bytes: int
    files: Mapping[str, int]
    free_bytes: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """How a site stands at `at`; `running`: whether its supervisor holds the store."""

    at: float
    running: bool
    cameras: tuple[CameraStatus, ...]
    store: StoreStatus
    outbox: tuple[OutboxState, ...]


def status(site: Site, *, clock: Clock | None = None, disk: Disk | None = None) -> SiteStatus:
    """How a site stands, read beside whatever runs.

    Args:
        site: its settings.
        clock: by default this machine's.
        disk: by default this machine's.

    Raises:
        InputError: there is no database yet, or not of this version.
        ConfigError: its address cannot be used.
    """
    now = (clock or SystemClock()).now()
    today = datetime.fromtimestamp(now, ZoneInfo(site.timezone)).date().isoformat()
    with site_database(site) as database, database.reading() as session:
        return SiteStatus(
            at=now,
            running=is_held(database.layout),
            cameras=camera_statuses(session, now, today),
            store=store_status(session, database, disk or RealDisk()),
            outbox=outbox_states(session),
        )


def camera_statuses(session: Session, now: float, today: str) -> tuple[CameraStatus, ...]:
    """How all configured cameras stand, by name.

    Args:
        session: a unit of reading.
        now: seconds since 1970-01-01 UTC.
        today: `YYYY-MM-DD` in the site's time zone.
    """
    spent = {one.camera: one for one in budgets(session, since=today) if one.day == today}
    active = {one.camera: one for one in bundles(session) if one.state == "active"}
    recent = _events_since(session, now - _DAY)
    return tuple(
        CameraStatus(
            camera=one,
            bundle=active.get(one.name),
            budget=spent.get(one.name),
            events=recent.get(one.name, (0, 0))[0],
            told=recent.get(one.name, (0, 0))[1],
            newest=_newest_event(session, one.name),
        )
        for one in cameras(session)
    )


def store_status(session: Session, database: Database, disk: Disk) -> StoreStatus:
    """How a store stands; counts what the ledger says, and looks at the disk."""
    grouped = select(
        FileRow.state, FileRow.kind, func.count(), func.coalesce(func.sum(FileRow.bytes), 0)
    ).group_by(FileRow.state, FileRow.kind)
    rows = session.execute(grouped).all()
    files: dict[str, int] = {}
    for state, _, count, _ in rows:
        files[state] = files.get(state, 0) + count
    kept = [(kind, int(size)) for state, kind, _, size in rows if state == "kept"]
    return StoreStatus(
        schema=REVISIONS[-1],
        database_bytes=_database_bytes(database, disk),
        media_bytes=sum(size for kind, size in kept if kind != "footage"),
        footage_bytes=sum(size for kind, size in kept if kind == "footage"),
        files=files,
        free_bytes=disk.free(database.layout.media),
        quarantined=sum(1 for _ in disk.walk(database.layout.quarantine)),
    )


def _database_bytes(database: Database, disk: Disk) -> int | None:
    if database.sqlite is None:
        return None
    parts = (database.sqlite, database.sqlite.with_name(database.sqlite.name + "-wal"))
    return sum(disk.size(one) or 0 for one in parts)


def _events_since(session: Session, since: float) -> dict[str, tuple[int, int]]:
    wanted = (
        select(EventRow.camera, EventRow.told, func.count())
        .where(EventRow.start >= since, ~EventRow.shadow)
        .group_by(EventRow.camera, EventRow.told)
    )
    found: dict[str, tuple[int, int]] = {}
    for camera, told, count in session.execute(wanted):
        events, said = found.get(camera, (0, 0))
        found[camera] = (events + count, said + (count if told else 0))
    return found


def _newest_event(session: Session, camera: str) -> float | None:
    wanted = select(EventRow.start).where(EventRow.camera == camera, ~EventRow.shadow)
    return session.scalar(wanted.order_by(EventRow.start.desc(), EventRow.uid.desc()).limit(1))
