"""One receiver: what it is sent next, and when it is tried again.

Back-off is the receiver's: after a failure it is left alone for 5 s, then twice as long each time,
up to 10 minutes. The next try takes the next row, so that one message that a receiver cannot take
does not stop the others; once something arrived, all others may be tried at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from awry.watch.courier.batches import Batch, batches
from awry.watch.courier.channels import Channel, UndeliveredError
from awry.watch.store.results import OutboxEntry

FIRST_S, LONGEST_S = 5.0, 600.0
"""Seconds of the first back-off and of the longest."""

GIVE_UP_S, GIVE_UP_TRIES = 86_400.0, 8
"""A row is dead once it is so old and was tried so often; a clock that jumps kills nothing."""


_MOST_TRIES = 1000


@dataclass(slots=True)
class _Try:
    """How a row fared in this process; times are of the clock that only grows."""

    count: int
    failed_at: float
    again_at: float


class Delivery:
    """The way to one receiver; at most one batch is under way.

    Args:
        channel: how it is told.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.under_way: Batch | None = None
        self._tries: dict[int, _Try] = {}
        self._failures = 0
        self._free_at = 0.0
        self._arrived_at = 0.0

    def is_free(self, monotonic: float) -> bool:
        """Whether something may be sent to it now."""
        return self.under_way is None and monotonic >= self._free_at

    def back(self) -> None:
        """The receiver is known to be there again: it is not left alone any longer."""
        self._failures, self._free_at = 0, 0.0
        self._tries = {
            number: _Try(tried.count, tried.failed_at, 0.0) for number, tried in self._tries.items()
        }

    def next(self, rows: Sequence[OutboxEntry], now: float, monotonic: float) -> Batch | None:
        """What it is sent next, which is under way from then on.

        Args:
            rows: all that wait for it, in the order of the outbox.
            now: seconds since 1970-01-01 UTC.
            monotonic: of the clock that only grows.
        """
        if len(self._tries) > _MOST_TRIES:
            there = {row.id for row in rows}
            self._tries = {n: tried for n, tried in self._tries.items() if n in there}
        choice = batches(
            rows,
            now,
            people=self.channel.people,
            ready=lambda row: self._is_due(row, now, monotonic),
        )
        self.under_way = min(choice, key=self._failed_at) if choice else None
        return self.under_way

    def _failed_at(self, batch: Batch) -> float:
        """What never failed comes first, then what failed longest ago."""
        tried = self._tries.get(batch.rows[0].id)
        return 0.0 if tried is None else tried.failed_at

    def _is_due(self, row: OutboxEntry, now: float, monotonic: float) -> bool:
        tried = self._tries.get(row.id)
        if tried is not None:
            return monotonic >= tried.again_at or tried.failed_at < self._arrived_at
        # What is due later than any back-off was made before somebody set the clock.
        return row.due <= now or row.due > now + 2 * LONGEST_S

    def arrived(self, monotonic: float) -> Batch:
        """What was under way arrived."""
        batch = self._taken()
        self._failures, self._free_at, self._arrived_at = 0, 0.0, monotonic
        for row in batch.rows:
            self._tries.pop(row.id, None)
        return batch

    def failed(
        self, error: UndeliveredError, now: float, monotonic: float
    ) -> tuple[Batch, float | None]:
        """What was under way did not arrive.

        Returns:
            The batch, and when it is tried again, in seconds since 1970-01-01 UTC; None: never.
        """
        batch = self._taken()
        if not error.again:
            self._forget(batch)
            return batch, None
        self._failures += 1
        pause = max(backoff_s(self._failures), min(error.wait_s or 0.0, LONGEST_S))
        self._free_at = monotonic + pause
        for row in batch.rows:
            count = max(self._tries[row.id].count if row.id in self._tries else 0, row.attempts)
            self._tries[row.id] = _Try(count + 1, monotonic, monotonic + pause)
        newest = max(row.made for row in batch.rows)
        tries = min(self._tries[row.id].count for row in batch.rows)
        if now - newest >= GIVE_UP_S and tries >= GIVE_UP_TRIES:
            self._forget(batch)
            return batch, None
        return batch, now + pause

    def _taken(self) -> Batch:
        assert self.under_way is not None
        batch, self.under_way = self.under_way, None
        return batch

    def _forget(self, batch: Batch) -> None:
        for row in batch.rows:
            self._tries.pop(row.id, None)


def backoff_s(failures: int) -> float:
    """Seconds that a receiver is left alone after so many failures in a row.

    >>> [backoff_s(n) for n in (1, 2, 3, 8, 100)]
    [5.0, 10.0, 20.0, 600.0, 600.0]
    """
    return min(FIRST_S * 2.0 ** min(failures - 1, 20), LONGEST_S)
