"""What a link still owes the other side: kept until it is done, in order, within a bound."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Payload = TypeVar("Payload")


class Pending(Generic[Payload]):
    """Messages that are sent again after a break, until the other side has done them.

    Args:
        limit_bytes: above it scores go, oldest first; where there is none, whatever is oldest.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._bytes = limit_bytes, 0
        self._kept: dict[int, tuple[Payload, int]] = {}
        self._scores: deque[int] = deque()
        self._unsent: deque[int] = deque()
        # No number comes again in another process, or the one's `done` could be the other's.
        self._number = random.SystemRandom().getrandbits(62) | 1
        self.lost = 0

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, payload: Payload, size: int, *, score: bool) -> None:
        """Keep a message of so many bytes; a `score` may be given up."""
        self._number += 1
        self._kept[self._number] = (payload, size)
        self._unsent.append(self._number)
        self._bytes += size
        if score:
            self._scores.append(self._number)
        while self._bytes > self._limit and len(self._kept) > 1:
            self._give_up()

    def unsent(self) -> Iterator[tuple[int, Payload]]:
        """Number and message of those that were not sent over this connection, in order.

        Each counts as sent once it was given.
        """
        while self._unsent:
            number = self._unsent.popleft()
            if number in self._kept:
                yield number, self._kept[number][0]

    def done(self, number: int) -> None:
        """The other side has it; an unknown number does nothing."""
        _, size = self._kept.pop(number, (None, 0))
        self._bytes -= size

    def again(self) -> None:
        """The connection broke: all that is not done is to be sent over the next, in order."""
        self._unsent = deque(self._kept)

    def _give_up(self) -> None:
        while self._scores and self._scores[0] not in self._kept:
            self._scores.popleft()
        self.done(self._scores.popleft() if self._scores else next(iter(self._kept)))
        self.lost += 1
