"""Who does the sending: threads, so that a slow receiver holds up no other; or the caller."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

Outcome = tuple[str, Exception | None]
"""Name of a receiver, and what went wrong there; None where all went well."""


class Hands(Protocol):
    """Does one piece of work a receiver at a time."""

    def start(self, receiver: str, work: Callable[[], None]) -> None:
        """Begin; the receiver has nothing else under way."""
        ...

    def finished(self) -> Sequence[Outcome]:
        """What ended since."""
        ...


class ThreadHands:
    """A thread for each piece of work; never waited for when the process ends."""

    def __init__(self, wake: threading.Event | None = None) -> None:
        self._done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._wake = wake

    def start(self, receiver: str, work: Callable[[], None]) -> None:
        """Begin in a thread of its own."""
        threading.Thread(
            target=self._run, args=(receiver, work), name=receiver, daemon=True
        ).start()

    def _run(self, receiver: str, work: Callable[[], None]) -> None:
        self._done.put((receiver, _attempt(work)))
        if self._wake is not None:
            self._wake.set()

    def finished(self) -> Sequence[Outcome]:
        """What ended since."""
        ended = []
        while True:
            try:
                ended.append(self._done.get_nowait())
            except queue.Empty:
                return ended


class OwnHands:
    """The caller does it at once, as tests and simulations want it."""

    def __init__(self) -> None:
        self._ended: list[Outcome] = []

    def start(self, receiver: str, work: Callable[[], None]) -> None:
        """Do it."""
        self._ended.append((receiver, _attempt(work)))

    def finished(self) -> Sequence[Outcome]:
        """What ended since."""
        ended, self._ended = self._ended, []
        return ended


def _attempt(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except Exception as error:  # whatever a receiver's library raises concerns its receiver alone
        return error
    return None
