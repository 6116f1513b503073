"""Places of cameras that alarm nobody for a while: written and read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.changes import add_change
from awry.watch.store.models import SnoozeRow
from awry.watch.store.results import StoredSnooze

MOST = 100
"""At most so many count for a camera at the same time."""
Box = tuple[float, float, float, float]


def add_snooze(
    session: Session,
    camera: str,
    boxes: Sequence[Box],
    at: float,
    *,
    until: float | None,
    event: str = "",
    note: str = "",
    by: str = "",
) -> int:
    """Let a place of a camera alarm nobody.

    Args:
        session: the transaction.
        camera: whose.
        boxes: of the place, as shares of the picture; none: the whole picture.
        at: now; `until`: so long; None: for good.
        event: uid of the event that it was asked for at.
        note: why; `by`: who asked.

    Returns:
        its number.

    Raises:
        InputError: `until` has passed, or the camera has very many.
    """
    if until is not None and until <= at:
        raise InputError("A place is snoozed until a time to come; the one given has passed.")
    if len(snoozes(session, camera, at=at)) >= MOST:
        raise InputError(
            f"{MOST} places of {camera} are snoozed already; end some, or draw a zone instead."
        )
    row = SnoozeRow(
        camera=camera,
        boxes=[list(box) for box in boxes],
        event=event,
        since=at,
        until=until,
        note=note,
        by=by,
        ended=None,
        ended_by="",
    )
    session.add(row)
    session.flush()
    payload = {"phase": "begun", "id": row.id, "until": until}
    add_change(session, at, "snooze", str(row.id), camera=camera, payload=payload)
    return row.id


def end_snooze(session: Session, number: int, at: float, by: str = "") -> StoredSnooze:
    """Let a place alarm again, before its time; one that has ended stays as it was.

    Raises:
        InputError: there is none of that number.
    """
    row = session.get(SnoozeRow, number)
    if row is None:
        raise InputError(f"There is no snoozed place with the number {number}.")
    known = _snooze(row)
    if known.active(at):
        row.ended, row.ended_by = at, by
        payload = {"phase": "ended", "id": row.id}
        add_change(session, at, "snooze", str(row.id), camera=row.camera, payload=payload)
    return known


def snoozes(
    session: Session,
    camera: str | None = None,
    *,
    at: float | None = None,
    cameras: Collection[str] | None = None,
    limit: int = 1000,
) -> tuple[StoredSnooze, ...]:
    """Snoozed places, newest first.

    Args:
        session: to read with.
        camera: only its; None: of all.
        at: those that count at that moment; None: all there ever were.
        cameras: only theirs; None: of all.
        limit: at most so many.
    """
    wanted = select(SnoozeRow).order_by(SnoozeRow.id.desc()).limit(limit)
    if camera is not None:
        wanted = wanted.where(SnoozeRow.camera == camera)
    if cameras is not None:
        wanted = wanted.where(SnoozeRow.camera.in_(sorted(cameras)))
    if at is not None:
        going_on = or_(SnoozeRow.until.is_(None), SnoozeRow.until > at)
        wanted = wanted.where(SnoozeRow.ended.is_(None), SnoozeRow.since <= at, going_on)
    return tuple(_snooze(row) for row in session.scalars(wanted))


def snooze(session: Session, number: int) -> StoredSnooze | None:
    """A snoozed place by its number; None: there is none."""
    row = session.get(SnoozeRow, number)
    return None if row is None else _snooze(row)


def _snooze(row: SnoozeRow) -> StoredSnooze:
    return StoredSnooze(
        id=row.id,
        camera=row.camera,
        boxes=tuple((box[0], box[1], box[2], box[3]) for box in row.boxes),
        event=row.event,
        since=row.since,
        until=row.until,
        note=row.note,
        by=row.by,
        ended=row.ended,
        ended_by=row.ended_by,
    )
