"""Work that the API has done elsewhere: addresses tried, the network asked, the machine measured.

Each is done once at a time, since each takes a network or a core for its while.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from awry.watch.checking.apart import ApartError, work_apart
from awry.watch.checking.discovery import FoundCamera, discover
from awry.watch.checking.tried import Tried, try_address
from awry.watch.clock import Clock
from awry.watch.web.refusals import RefusedError

MEASURED_S = 330.0
_WINDOW_S, _MOST_TRIES = 60.0, 12
_TOO_LONG = "It took too long: this machine is too slow for the method, or has too much to do."
Measure = Callable[[Mapping[str, Any], Callable[[dict[str, Any]], object]], dict[str, Any]]


def measure_apart(
    wanted: Mapping[str, Any], heard: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """As `checking.measuring.measure`, in a process of its own.

    Raises:
        ApartError: it gave no answer.
    """
    return work_apart("awry.watch.checking.measuring", wanted, MEASURED_S, heard)


@dataclass(frozen=True, slots=True)
class Outside:
    """What is done outside of this process; tests give their own."""

    try_address: Callable[[str], Tried] = try_address
    discover: Callable[[], Sequence[FoundCamera]] = discover
    measure: Measure = measure_apart


@dataclass(frozen=True, slots=True)
class Measuring:
    """How far a measurement of this machine is.

    Attributes:
        wanted: what was asked for; empty: nothing was yet.
        step: `cameras`, `method`; empty: nothing is being measured.
        share: of all that is done, in [0, 1].
        found: what came of it, as `checking.measuring.measure`; empty: nothing yet.
        problem: why nothing did, for people.
    """

    wanted: Mapping[str, Any]
    step: str = ""
    share: float = 0.0
    found: Mapping[str, Any] | None = None
    problem: str = ""


class Helpers:
    """Does such work, and refuses more of it than there should be.

    Args:
        clock: whose time that only grows is used.
        outside: what does it.
    """

    def __init__(self, clock: Clock, outside: Outside | None = None) -> None:
        self._clock, self._outside = clock, outside or Outside()
        self._tries: deque[float] = deque()
        self._busy = {name: threading.Lock() for name in ("try", "discover", "measure")}
        self.measuring = Measuring({})
        self.measurer: threading.Thread | None = None

    def try_address(self, address: str) -> Tried:
        """Open an address, see `checking.tried`.

        Raises:
            RefusedError: 429: another one is being tried, or too many were.
        """
        with self._alone("try", "Another address is being tried; wait for half a minute."):
            now = self._clock.monotonic()
            while self._tries and self._tries[0] <= now - _WINDOW_S:
                self._tries.popleft()
            if len(self._tries) >= _MOST_TRIES:
                wait = int(self._tries[0] + _WINDOW_S - now) + 1
                raise _later(f"Too many addresses were tried: wait {wait} seconds.", wait)
            self._tries.append(now)
            return self._outside.try_address(address)

    def discover(self) -> Sequence[FoundCamera]:
        """Ask the network for cameras, see `checking.discovery`.

        Raises:
            RefusedError: 429: it is being asked.
        """
        with self._alone("discover", "The network is being asked already."):
            return self._outside.discover()

    def measure(self, wanted: Mapping[str, Any]) -> Measuring:
        """Begin to measure this machine; `measuring` says how far it is.

        Raises:
            RefusedError: 429: something is being measured.
        """
        if not self._busy["measure"].acquire(blocking=False):
            raise _later("This machine is being measured already; wait for its end.", 10)
        self.measuring = Measuring(wanted, "cameras")
        self.measurer = threading.Thread(target=self._measure, args=(wanted,), daemon=True)
        self.measurer.start()
        return self.measuring

    def _measure(self, wanted: Mapping[str, Any]) -> None:
        def heard(said: dict[str, Any]) -> None:
            self.measuring = Measuring(wanted, str(said["step"]), float(said["share"]))

        try:
            last = self._outside.measure(wanted, heard)
        except ApartError:
            last = {}
        # One that was ended for its time has not come to its last word.
        found = last.get("found")
        problem = "" if found else str(last.get("problem", _TOO_LONG))
        self.measuring = Measuring(wanted, found=found, problem=problem)
        self._busy["measure"].release()

    @contextmanager
    def _alone(self, what: str, else_said: str) -> Iterator[None]:
        if not self._busy[what].acquire(blocking=False):
            raise _later(else_said, 5)
        try:
            yield
        finally:
            self._busy[what].release()


def _later(said: str, wait_s: int) -> RefusedError:
    return RefusedError(429, said, {"Retry-After": str(wait_s)})
