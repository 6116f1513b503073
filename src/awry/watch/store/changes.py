"""Messages that were done, and the list of changes that others follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from awry.watch.store.models import ChangeRow, DoneMessage

KEPT_CHANGES = 10_000
REMEMBERED_S = 86_400.0


def first_time(session: Session, uid: str, at: float) -> bool:
    """Note that a message is being done; False where it was done before.

    Args:
        session: of the transaction that does what the message asks.
        uid: of the message.
        at: now.
    """
    if session.get(DoneMessage, uid) is not None:
        return False
    session.add(DoneMessage(uid=uid, at=at))
    session.flush()
    return True


def set_answer(session: Session, uid: str, values: str) -> None:
    """Keep what a request was answered, as JSON text, for when it comes again.

    Args:
        session: of the transaction that calls `first_time`.
        uid: of the request.
        values: the answer; no secrets, since it stays for a day.
    """
    row = session.get(DoneMessage, uid)
    if row is not None:
        row.answer = values


def answer_to(session: Session, uid: str) -> str | None:
    """What a request was answered; None: it was not done yet."""
    row = session.get(DoneMessage, uid)
    return None if row is None else row.answer


def add_change(
    session: Session,
    at: float,
    kind: str,
    subject: str,
    *,
    camera: str = "",
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Tell those who follow; see `models.ChangeRow` for the arguments."""
    session.add(
        ChangeRow(at=at, kind=kind, camera=camera, subject=subject, payload=dict(payload or {}))
    )


def trim(session: Session, now: float, *, changes: int = KEPT_CHANGES) -> None:
    """Forget changes but the newest, and messages that were done more than a day ago."""
    newest = session.scalar(select(func.max(ChangeRow.id)))
    if newest is not None:
        session.execute(delete(ChangeRow).where(ChangeRow.id <= newest - changes))
    session.execute(delete(DoneMessage).where(DoneMessage.at < now - REMEMBERED_S))
