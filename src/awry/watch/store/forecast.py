"""How long the disk lasts: what comes each day, and which limit of retention is met first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from awry.watch.site.model import Retention
from awry.watch.store.models import FileRow

DAY_S = 86_400.0
LOOKED_DAYS = 14
"""What comes each day is the mean of so many days at most."""
LEAST_S = 6 * 3600.0
"""Media of a shorter time say nothing of a day."""
GIB = 2**30
By = Literal["days", "gib", "free", "unknown"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of the room for clips and pictures.

    Attributes:
        media: bytes of them now.
        a_day: bytes that come each day; None: too little has come to say.
        by: what limits them: `days`: they are deleted by age before any other limit; `gib`: by
            their size; `free`: by the disk's free space; `unknown`: see `a_day`.
        full_in: days until that limit is met and the oldest go; 0: they go already; None: unknown.
        holds: days of clips that are there then; None: unknown.
        most: bytes that they take then; None: unknown.
    """

    media: int
    a_day: float | None
    by: By
    full_in: float | None = None
    holds: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """What files of a kind take, of a camera."""

    camera: str
    kind: str
    files: int
    bytes: int


def daily(session: Session, now: float) -> tuple[tuple[float, int], ...]:
    """Bytes of clips and pictures by day of their time, oldest first.

    Args:
        session: a unit of reading.
        now: seconds since 1970-01-01 UTC; days are counted back from it, so the last is whole.

    Returns:
        the beginning of each of the last 14 days, and its bytes; days before the first file are
        left out.
    """
    back = cast(func.floor((now - FileRow.at) / DAY_S), Integer)
    wanted = (
        select(back, func.sum(FileRow.bytes))
        .where(FileRow.state == "kept", FileRow.kind != "footage")
        .where(FileRow.at > now - LOOKED_DAYS * DAY_S, FileRow.at <= now)
        .group_by(back)
    )
    found = {int(day): int(size) for day, size in session.execute(wanted)}
    if not found:
        return ()
    return tuple((now - (day + 1) * DAY_S, found.get(day, 0)) for day in range(max(found), -1, -1))


def growth(session: Session, now: float) -> float | None:
    """Bytes of clips and pictures that come each day; None: there is too little to say."""
    wanted = select(func.min(FileRow.at), func.sum(FileRow.bytes)).where(
        FileRow.state == "kept",
        FileRow.kind != "footage",
        FileRow.at > now - LOOKED_DAYS * DAY_S,
        FileRow.at <= now,
    )
    first, size = session.execute(wanted).one()
    if first is None or now - first < LEAST_S:
        return None
    return float(size) / (now - float(first)) * DAY_S


def forecast(media: int, a_day: float | None, free: int, limits: Retention) -> Forecast:
    """What becomes of the room for clips and pictures, if it goes on as in the last days.

    Args:
        media: bytes of clips and pictures now.
        a_day: as `growth` gives it.
        free: bytes that are free on the disk.
        limits: of the site.
    """
    if a_day is None or a_day <= 0:
        return Forecast(media, a_day, "unknown")
    by_days = a_day * limits.days
    most: dict[By, float] = {
        "days": by_days,
        "gib": limits.gib * GIB,
        "free": max(0.0, media + free - limits.free_gib * GIB),
    }
    by = min(most, key=lambda one: most[one])
    room = most[by]
    full_in = max(0.0, (room - media) / a_day)
    return Forecast(media, a_day, by, full_in, room / a_day, room)


def rooms(session: Session) -> Sequence[Room]:
    """What takes the room of the media, by camera and kind, the largest first."""
    size = func.sum(FileRow.bytes)
    wanted = (
        select(FileRow.camera, FileRow.kind, func.count(), size)
        .where(FileRow.state == "kept")
        .group_by(FileRow.camera, FileRow.kind)
        .order_by(size.desc(), FileRow.camera, FileRow.kind)
    )
    return [
        Room(camera, kind, count, int(size))
        for camera, kind, count, size in session.execute(wanted)
    ]
