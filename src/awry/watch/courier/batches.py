"""What is sent at once: a row of the outbox, or several that have become one piece of news.

While a receiver can be reached each row is a message of its own. After an outage nothing is left
out, and nobody is flooded:

- rows of one event whose `end` waits too, and whose first has waited for a minute, are joined: a
  program gets one message, of kind `end`, which names the kinds that it stands for;
- people get one digest of all events, where three of them have waited for more than ten minutes.

Order is kept for each subject (an event, a camera) of a receiver: a row waits for earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awry.watch.store.results import OutboxEntry

JOIN_AFTER_S = 60.0
"""Rows of one event are joined once the first is as old; younger ones are told one by one."""

DIGEST_AFTER_S = 600.0
"""People get a digest of all events but the newest, ..."""

DIGEST_FROM = 3
"""... where so many are older than that."""

EVENT_KINDS = ("new", "update", "end")


def key_of(row: OutboxEntry) -> str:
    """What is told to whom, for notes that outlive a process; numbers of rows may come again."""
    return f"{row.channel}/{row.target}/{row.subject}/{row.kind}/{row.made!r}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are sent as one message, in the order of the outbox."""

    rows: tuple[OutboxEntry, ...]

    @property
    def last(self) -> OutboxEntry:
        """The row that the message is named after."""
        return self.rows[-1]

    @property
    def subjects(self) -> tuple[str, ...]:
        """What it is about, each once, in order."""
        return tuple(dict.fromkeys(row.subject for row in self.rows))


def batches(
    rows: Sequence[OutboxEntry],
    now: float,
    *,
    people: bool = False,
    ready: Callable[[OutboxEntry], bool] = lambda row: True,
) -> list[Batch]:
    """What may be sent to one receiver now, the oldest first.

    Args:
        rows: all that wait for it, in the order of the outbox.
        now: seconds since 1970-01-01 UTC.
        people: whether a person reads it, who gets digests.
        ready: whether a row may be tried; where one may not, later rows of its subject wait too.
    """
    by_subject: dict[str, list[OutboxEntry]] = {}
    for row in rows:
        by_subject.setdefault(row.subject, []).append(row)
    waiting = [group for group in by_subject.values() if ready(group[0])]
    digest = _digest(waiting, now) if people else None
    rest = [group for group in waiting if digest is None or group[0] not in digest.rows]
    first = [digest] if digest else []
    return first + [Batch(_together(group, now, people)) for group in rest]


def _together(group: list[OutboxEntry], now: float, people: bool) -> tuple[OutboxEntry, ...]:
    """The rows of one subject that go at once."""
    if not _is_event(group):
        return (group[0],)
    ended = group[-1].kind == "end"
    old = now - group[0].made >= JOIN_AFTER_S
    return tuple(group) if ended and (old or people) else (group[0],)


def _digest(groups: list[list[OutboxEntry]], now: float) -> Batch | None:
    events = [group for group in groups if _is_event(group)]
    if sum(now - group[0].made >= DIGEST_AFTER_S for group in events) < DIGEST_FROM:
        return None
    rows = [row for group in events if now - group[0].made >= JOIN_AFTER_S for row in group]
    return Batch(tuple(sorted(rows, key=lambda row: row.id)))


def _is_event(group: list[OutboxEntry]) -> bool:
    return all(row.kind in EVENT_KINDS for row in group)
