"""What people said of events: every word of it, and each event's last one. Nothing deletes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.models import EventRow, FeedbackRow
from awry.watch.store.results import FeedbackPage, Judgement
from awry.watch.store.tables import csv_line

COLUMNS = ("event", "camera", "detector", "light", "peak", "label", "note", "by", "at")
"""Of the table; the label is empty where a judgement was taken back."""
LONGEST_PAGE = 1000


def feedback(
    session: Session,
    cameras: Sequence[str] | None = None,
    *,
    limit: int = 500,
    cursor: int | None = None,
) -> FeedbackPage:
    """All that was said, oldest first, also of cameras and detectors that are gone.

    Args:
        session: a unit of reading.
        cameras: only of theirs; None: of all.
        limit: at most so many, 1 to 1000.
        cursor: `next` of the page before.

    Raises:
        InputError: a limit out of range.
    """
    if not 1 <= limit <= LONGEST_PAGE:
        raise InputError(f"The limit is {limit}; expected 1 to {LONGEST_PAGE} judgements.")
    wanted = _said().limit(limit + 1)
    if cameras is not None:
        wanted = wanted.where(FeedbackRow.camera.in_(cameras))
    if cursor is not None:
        wanted = wanted.where(FeedbackRow.id > cursor)
    found = _judgements(session, wanted)
    shown = found[:limit]
    return FeedbackPage(shown, shown[-1].id if len(found) > limit else None)


def all_feedback(session: Session, cameras: Sequence[str] | None = None) -> Iterator[Judgement]:
    """The same, page after page."""
    cursor: int | None = None
    while True:
        page = feedback(session, cameras, limit=LONGEST_PAGE, cursor=cursor)
        yield from page.rows
        if page.next is None:
            return
        cursor = page.next


def judgements(session: Session, camera: str | None = None) -> tuple[Judgement, ...]:
    """Each event's last word alone, oldest first; what was taken back is left out."""
    newest = select(func.max(FeedbackRow.id)).group_by(FeedbackRow.event)
    wanted = _said().where(FeedbackRow.id.in_(newest), FeedbackRow.label != "")
    if camera is not None:
        wanted = wanted.where(FeedbackRow.camera == camera)
    return _judgements(session, wanted)


def judgements_of(session: Session, event: str) -> tuple[Judgement, ...]:
    """All that people said of an event, oldest first; one that was taken back has no label."""
    return _judgements(session, _said().where(FeedbackRow.event == event))


def as_csv(rows: Iterable[Judgement], *, heading: bool = True) -> str:
    """Judgements as a table of comma-separated values.

    What a spreadsheet would take for a formula begins with an apostrophe.

    Args:
        rows: in the order in which they are to stand.
        heading: whether the names of the columns stand above.
    """
    lines = [csv_line(as_row(row).values()) for row in rows]
    return "".join([csv_line(COLUMNS), *lines] if heading else lines)


def as_row(row: Judgement) -> dict[str, Any]:
    """A judgement by the names of `COLUMNS`."""
    values = (row.event, row.camera, row.bundle, row.light, row.peak, row.label, row.note, row.by)
    return dict(zip(COLUMNS, (*values, row.at), strict=True))


def _said() -> Select[FeedbackRow, str]:
    return (
        select(FeedbackRow, EventRow.bundle)
        .join(EventRow, EventRow.uid == FeedbackRow.event, isouter=True)
        .order_by(FeedbackRow.id)
    )


def _judgements(session: Session, wanted: Select[FeedbackRow, str]) -> tuple[Judgement, ...]:
    return tuple(
        Judgement(
            event=row.event,
            camera=row.camera,
            light=row.light,
            peak=row.peak,
            label=row.label,
            note=row.note,
            by=row.by,
            at=row.at,
            id=row.id,
            bundle=bundle or "",
        )
        for row, bundle in session.execute(wanted)
    )
