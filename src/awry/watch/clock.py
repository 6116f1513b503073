"""The time of a watched site, so that tests and simulations can set it."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: the one that people read, and one that only grows."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC; may jump either way."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that only grows; its zero means nothing."""
        ...

    def wait(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Let time pass, until `wake` is set at the latest; True where it was set."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of a clock that only grows."""
        return time.monotonic()

    def wait(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Sleep, until `wake` is set at the latest; True where it was set."""
        return (wake or threading.Event()).wait(max(0.0, seconds))


class ManualClock:
    """Clocks that stand still until somebody moves them; waiting moves them at once.

    Args:
        now: seconds since 1970-01-01 UTC at the beginning.
    """

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now, self._monotonic = now, 1000.0

    def now(self) -> float:
        """The time that was set, and what passed since."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that passed, from 1000."""
        return self._monotonic

    def wait(self, seconds: float, wake: threading.Event | None = None) -> bool:
        """Let so many seconds pass; returns whether `wake` is set."""
        self.advance(seconds)
        return wake is not None and wake.is_set()

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass on both clocks."""
        self._now += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the clock that people read, forwards or backwards; the other does not notice."""
        self._now += seconds
