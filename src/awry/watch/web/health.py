"""How a site does, from what is stored: for people, for probes and for Prometheus."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.layout import Layout
from awry.watch.store.models import FileRow, LoadRow
from awry.watch.store.outbox import outbox_states
from awry.watch.store.read import cameras
from awry.watch.store.results import OutboxState, StoredCamera


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process said of itself last; see `messages.Load`."""

    process: str
    name: str
    at: float
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the disk below a store.

    Attributes:
        free, total: of the disk.
        media: clips, pictures and footage of the ledger.
    """

    free: int
    total: int
    media: int


@dataclass(frozen=True, slots=True)
class SiteHealth:
    """How a site does at one moment."""

    cameras: tuple[StoredCamera, ...]
    disk: Disk
    outbox: tuple[OutboxState, ...]
    load: tuple[Figures, ...]


def health(session: Session, layout: Layout) -> SiteHealth:
    """How a site does.

    Args:
        session: a unit of reading.
        layout: of the store.

    Raises:
        InputError: the store's folder is away.
    """
    try:
        usage = shutil.disk_usage(layout.root)
    except OSError as error:
        raise InputError(f"The store's folder cannot be read: {error.strerror}.") from error
    media = session.scalar(select(func.sum(FileRow.bytes)).where(FileRow.state == "kept"))
    rows = session.scalars(select(LoadRow).order_by(LoadRow.process, LoadRow.name))
    return SiteHealth(
        cameras=cameras(session),
        disk=Disk(usage.free, usage.total, int(media or 0)),
        outbox=outbox_states(session),
        load=tuple(Figures(row.process, row.name, row.at, dict(row.figures)) for row in rows),
    )
