"""How often somebody may try to log in, by address and by user."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque

from awry.watch.clock import Clock

WINDOW_S = 300.0
BY_ADDRESS, BY_USER = 20, 10
"""Attempts in five minutes that failed, from one address and for one name of a user."""
_KEPT = 4096


class Attempts:
    """Counts log-ins that failed. An attempt counts from its beginning, so that many at once count.

    Args:
        clock: whose time that only grows is used.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def kept(self) -> int:
        """Addresses and users that are remembered."""
        return len(self._tries)

    def begin(self, address: str, user: str) -> float:
        """Begin an attempt.

        Returns:
            0.0 where it may go on; else the seconds until the next may be made.
        """
        now = self._clock.monotonic()
        with self._lock:
            waits = [self._wait(key, most, now) for key, most in _keys(address, user)]
            if max(waits) > 0:
                return max(waits)
            for key, _ in _keys(address, user):
                self._tries.setdefault(key, deque()).append(now)
                self._tries.move_to_end(key)
            while len(self._tries) > _KEPT:
                self._tries.popitem(last=False)
            return 0.0

    def forgive(self, address: str, user: str) -> None:
        """The newest attempt was a log-in: it does not count."""
        with self._lock:
            for key, _ in _keys(address, user):
                tries = self._tries.get(key)
                if tries:
                    tries.pop()
                if not tries:
                    self._tries.pop(key, None)

    def _wait(self, key: tuple[str, str], most: int, now: float) -> float:
        tries = self._tries.get(key)
        if tries is None:
            return 0.0
        while tries and tries[0] <= now - WINDOW_S:
            tries.popleft()
        return tries[0] + WINDOW_S - now if len(tries) >= most else 0.0


def _keys(address: str, user: str) -> tuple[tuple[tuple[str, str], int], ...]:
    return ((("address", _network(address)), BY_ADDRESS), (("user", user[:64]), BY_USER))


def _network(address: str) -> str:
    """The address, or of IPv6 the network that one household or server has to itself."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        return str(ipaddress.ip_network((int(known) >> 64 << 64, 64)))
    return str(known)
