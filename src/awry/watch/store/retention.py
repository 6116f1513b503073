"""What goes when: the oldest media by days, by bytes and by free space, in small steps.

Pinned events, events judged abnormal and open ones keep their media. Feedback is never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from awry.watch.site.model import Retention
from awry.watch.store.database import Database
from awry.watch.store.disk import Disk
from awry.watch.store.files import delete_files
from awry.watch.store.models import (
    BudgetRow,
    BundleRow,
    CameraRow,
    ClipRow,
    DriftRow,
    EventRow,
    FeedbackRow,
    FileRow,
    FlagRow,
    GapRow,
    ScoreRow,
    StateRow,
)

GIB = 2**30
_DAY, _HOUR = 86_400.0, 3600


@dataclass(frozen=True, slots=True)
class Retained:
    """What a step of retention did.

    Attributes:
        files: media files that went; `bytes`: of them, by the ledger.
        rows: scores, gaps and the like that went.
        more: there is more to do; call again soon.
        short: bytes by which a limit is still passed though nothing may be deleted any more.
    """

    files: int = 0
    bytes: int = 0
    rows: int = 0
    more: bool = False
    short: int = 0


def retain(
    database: Database, disk: Disk, limits: Retention, now: float, *, work: int = 50
) -> Retained:
    """Delete what is due, at most so many files.

    Args:
        database: the keeper's.
        disk: the file system.
        limits: of the site.
        now: seconds since 1970-01-01 UTC.
        work: files a step.
    """
    old_before = now - limits.days * _DAY
    with database.reading() as session:
        old = _old(session, old_before, work)
        over = _over(session, database, disk, limits, freed=sum(size for _, size in old))
        oldest = _oldest(session, over, work - len(old), {path for path, _ in old})
    chosen = old + oldest
    freed = delete_files(database, disk, [path for path, _ in chosen]) if chosen else 0
    rows = _trim_rows(database, limits, now, work)
    left = max(0, over - sum(size for _, size in oldest))
    full = len(chosen) >= work
    return Retained(len(chosen), freed, rows, full or rows >= work, 0 if full else left)


def media_bytes(session: Session) -> int:
    """Bytes of clips and pictures by the ledger; footage to learn from is not among them."""
    wanted = select(func.sum(FileRow.bytes)).where(
        FileRow.state == "kept", FileRow.kind != "footage"
    )
    return int(session.scalar(wanted) or 0)


def _deletable(
    session: Session, work: int, *which: ColumnElement[bool]
) -> list[tuple[float, str, int]]:
    """Time, path and bytes of media that nobody wants kept, oldest first."""
    protected = or_(EventRow.pinned, EventRow.label == "abnormal", EventRow.state == "open")
    free = or_(EventRow.uid.is_(None), ~func.coalesce(protected, False))
    return _by_state(session, work, FileRow.kind != "footage", free, *which)


def _by_state(
    session: Session, work: int, *which: ColumnElement[bool]
) -> list[tuple[float, str, int]]:
    # A search for each state follows the index of times; one for both would sort the whole ledger.
    found = [
        session.execute(
            select(FileRow.at, FileRow.path, FileRow.bytes)
            .join(EventRow, EventRow.uid == FileRow.event, isouter=True)
            .where(FileRow.state == state, *which)
            .order_by(FileRow.at)
            .limit(work)
        ).all()
        for state in ("kept", "missing")
    ]
    rows = [(at, path, size) for some in found for at, path, size in some]
    return sorted(rows)[:work]


def _old(session: Session, before: float, work: int) -> list[tuple[str, int]]:
    media = _deletable(session, work, FileRow.at < before)
    learned = exists().where(BundleRow.camera == FileRow.camera, BundleRow.state == "active")
    again = exists().where(CameraRow.name == FileRow.camera, CameraRow.refit.is_not(None))
    of = (FileRow.kind == "footage", FileRow.at < before, learned, ~again)
    footage = _by_state(session, work, *of)
    return [(path, size) for _, path, size in [*media, *footage]][:work]


def _over(
    session: Session, database: Database, disk: Disk, limits: Retention, *, freed: int
) -> int:
    """By how many bytes a limit is passed, once some are freed."""
    used = media_bytes(session) - int(limits.gib * GIB)
    free = int(limits.free_gib * GIB) - disk.free(database.layout.media)
    return max(0, max(used, free) - freed)


def _oldest(session: Session, over: int, work: int, without: set[str]) -> list[tuple[str, int]]:
    chosen: list[tuple[str, int]] = []
    if over <= 0 or work <= 0:
        return chosen
    for _, path, size in _deletable(session, work + len(without)):
        if path in without:
            continue
        if over <= 0 or len(chosen) == work:
            break
        chosen.append((path, size))
        over -= size
    return chosen


def _trim_rows(database: Database, limits: Retention, now: float, work: int) -> int:
    before = now - max(limits.scores_days, limits.days) * _DAY
    with database.writing() as session:
        done = _trim_scores(session, now - limits.scores_days * _DAY)
        done += _trim_events(session, before, work)
        done += _trim_spans(session, before)
    return done


def _trim_scores(session: Session, before: float) -> int:
    oldest = session.scalar(select(func.min(ScoreRow.minute)))
    if oldest is None or oldest >= before:
        return 0
    until = min(before, oldest + _HOUR)  # an hour of all cameras at most
    return _deleted(session, ScoreRow, ScoreRow.minute < until)


def _trim_events(session: Session, before: float, work: int) -> int:
    """Events whose media went long ago, of which nobody ever said anything, and not pinned."""
    held = exists().where(FileRow.event == EventRow.uid)
    judged = exists().where(FeedbackRow.event == EventRow.uid)
    wanted = (
        select(EventRow.uid)
        .where(EventRow.start < before, EventRow.state == "ended", ~EventRow.pinned)
        .where(EventRow.label.is_(None), ~held, ~judged)
        .order_by(EventRow.start)
        .limit(work)
    )
    uids = session.scalars(wanted).all()
    _deleted(session, ClipRow, ClipRow.event.in_(uids))
    return _deleted(session, EventRow, EventRow.uid.in_(uids))


def _trim_spans(session: Session, before: float) -> int:
    done = _deleted(session, GapRow, GapRow.end < before)
    done += _deleted(session, StateRow, StateRow.until < before)
    done += _deleted(session, FlagRow, FlagRow.until < before)
    done += _deleted(session, DriftRow, DriftRow.hour < before)
    done += _deleted(session, BudgetRow, BudgetRow.day < _day(before))
    return done


def _deleted(session: Session, table: type[Any], *which: ColumnElement[bool]) -> int:
    result: Any = session.execute(delete(table).where(*which))
    return int(result.rowcount)


def _day(at: float) -> str:
    return datetime.fromtimestamp(max(0.0, at), UTC).date().isoformat()
