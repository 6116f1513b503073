"""What receivers are to be told: each once, kept until it arrived or was given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from awry.watch.store.models import OutboxRow
from awry.watch.store.results import OutboxEntry, OutboxState, ReceiverState

CAPACITY = 10_000
REMEMBERED_S = 30 * 86_400.0


def add_outbox(
    session: Session,
    channel: str,
    target: str,
    subject: str,
    kind: str,
    payload: Mapping[str, Any],
    at: float,
    *,
    due: float | None = None,
    replace: bool = False,
) -> int | None:
    """Have a receiver told something.

    Args:
        session: the transaction.
        channel: `mqtt`, `notify` or `webhook`.
        target: the receiver's name.
        subject: what it is about, e.g. an event's uid.
        kind: e.g. `new`, `end`, `state`.
        payload: what is said.
        at: now.
        due: when it is to be sent; None: now.
        replace: the newest counts, e.g. of a camera's state: what stood there before goes.

    Returns:
        number of the row; None: the receiver is told of that already.
    """
    same = select(OutboxRow).where(
        OutboxRow.channel == channel,
        OutboxRow.target == target,
        OutboxRow.subject == subject,
        OutboxRow.kind == kind,
    )
    old = session.scalar(same)
    if old is not None and not replace:
        return None
    if old is not None:  # a new number, so that an answer to the old one does not meet the new
        session.delete(old)
        session.flush()
    row = OutboxRow(
        channel=channel,
        target=target,
        subject=subject,
        kind=kind,
        payload=dict(payload),
        made=at,
        due=at if due is None else due,
    )
    session.add(row)
    session.flush()
    return row.id


def set_delivered(
    session: Session, number: int, *, error: str = "", retry_at: float | None = None
) -> None:
    """Note what became of a row; one that arrived, or that nobody knows, stays as it is.

    Args:
        session: the transaction.
        number: of the row.
        error: why it did not arrive, a sentence; empty: it did.
        retry_at: when to try again; None: never.
    """
    row = session.get(OutboxRow, number)
    if row is None or row.state == "sent":
        return
    row.attempts += 1
    row.error = error
    if not error:
        row.state = "sent"
    elif retry_at is None:
        row.state = "dead"
    else:
        row.due = retry_at


def outbox_due(
    session: Session,
    now: float,
    *,
    channel: str | None = None,
    target: str | None = None,
    limit: int = 100,
) -> tuple[OutboxEntry, ...]:
    """What waits and is due, oldest first; with `now` infinite all that waits."""
    wanted = select(OutboxRow).where(OutboxRow.state == "waiting", OutboxRow.due <= now)
    if channel is not None:
        wanted = wanted.where(OutboxRow.channel == channel)
    if target is not None:
        wanted = wanted.where(OutboxRow.target == target)
    rows = session.scalars(wanted.order_by(OutboxRow.id).limit(limit))
    return tuple(_entry(row) for row in rows)


def outbox_states(session: Session) -> tuple[OutboxState, ...]:
    """How each channel's rows stand, by name."""
    counted = select(
        OutboxRow.channel, OutboxRow.state, func.count(), func.min(OutboxRow.made)
    ).group_by(OutboxRow.channel, OutboxRow.state)
    found: dict[str, dict[str, tuple[int, float]]] = {}
    for channel, state, count, oldest in session.execute(counted):
        found.setdefault(channel, {})[state] = (count, oldest)
    return tuple(_state(channel, states) for channel, states in sorted(found.items()))


def receiver_states(session: Session) -> tuple[ReceiverState, ...]:
    """How each receiver's rows stand, by channel and name."""
    of = (OutboxRow.channel, OutboxRow.target)
    counted = select(
        *of, OutboxRow.state, func.count(), func.min(OutboxRow.made), func.max(OutboxRow.attempts)
    ).group_by(*of, OutboxRow.state)
    found: dict[tuple[str, str], dict[str, tuple[int, float, int]]] = {}
    for channel, target, state, count, oldest, attempts in session.execute(counted):
        found.setdefault((channel, target), {})[state] = (count, oldest, attempts)
    return tuple(
        ReceiverState(
            channel=channel,
            target=target,
            waiting=states.get("waiting", (0, 0.0, 0))[0],
            sent=states.get("sent", (0, 0.0, 0))[0],
            dead=states.get("dead", (0, 0.0, 0))[0],
            oldest=states["waiting"][1] if "waiting" in states else None,
            failing=states.get("waiting", (0, 0.0, 0))[2] > 0,
            error=_last_error(session, channel, target),
        )
        for (channel, target), states in sorted(found.items())
    )


def try_again(session: Session, channel: str, target: str, now: float) -> int:
    """Have all that a receiver was not told be sent now, also what was given up; gives how much."""
    unsent = (
        OutboxRow.channel == channel,
        OutboxRow.target == target,
        OutboxRow.state.in_(("waiting", "dead")),
    )
    count = session.scalar(select(func.count()).select_from(OutboxRow).where(*unsent)) or 0
    session.execute(update(OutboxRow).where(*unsent).values(state="waiting", due=now))
    return int(count)


def _last_error(session: Session, channel: str, target: str) -> str:
    wanted = select(OutboxRow.error).where(
        OutboxRow.channel == channel, OutboxRow.target == target, OutboxRow.error != ""
    )
    wanted = wanted.where(OutboxRow.state != "sent").order_by(OutboxRow.id.desc()).limit(1)
    return session.scalar(wanted) or ""


def trim_outbox(session: Session, now: float, *, capacity: int = CAPACITY) -> int:
    """Give up the oldest rows of a receiver for whom too many wait; forget what is long done.

    Returns:
        how many were given up.
    """
    session.execute(
        delete(OutboxRow).where(OutboxRow.state != "waiting", OutboxRow.made < now - REMEMBERED_S)
    )
    counted = (
        select(OutboxRow.channel, OutboxRow.target, func.count())
        .where(OutboxRow.state == "waiting")
        .group_by(OutboxRow.channel, OutboxRow.target)
        .having(func.count() > capacity)
    )
    crowded = session.execute(counted).all()
    return sum(
        _give_up(session, _oldest(session, channel, target, count - capacity))
        for channel, target, count in crowded
    )


def _oldest(session: Session, channel: str, target: str, count: int) -> Sequence[int]:
    wanted = select(OutboxRow.id).where(
        OutboxRow.state == "waiting", OutboxRow.channel == channel, OutboxRow.target == target
    )
    return session.scalars(wanted.order_by(OutboxRow.id).limit(count)).all()


def _give_up(session: Session, numbers: Sequence[int]) -> int:
    for first in range(0, len(numbers), 500):  # databases take so many values, not any number
        some = numbers[first : first + 500]
        said = "Given up: too many waited for this receiver."
        session.execute(
            update(OutboxRow).where(OutboxRow.id.in_(some)).values(state="dead", error=said)
        )
    return len(numbers)


def _state(channel: str, states: Mapping[str, tuple[int, float]]) -> OutboxState:
    counts = {name: states.get(name, (0, 0.0))[0] for name in ("waiting", "sent", "dead")}
    oldest = states["waiting"][1] if "waiting" in states else None
    return OutboxState(channel, counts["waiting"], counts["sent"], counts["dead"], oldest)


def _entry(row: OutboxRow) -> OutboxEntry:
    return OutboxEntry(
        id=row.id,
        channel=row.channel,
        target=row.target,
        subject=row.subject,
        kind=row.kind,
        payload=row.payload,
        made=row.made,
        due=row.due,
        attempts=row.attempts,
        state=row.state,
        error=row.error,
    )
