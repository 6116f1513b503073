"""How much processor time and memory processes take, by two looks at each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

LEAST_S = 2.0
"""Two looks lie at least so far apart."""
_MOST = 200


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process takes.

    Attributes:
        rss: bytes of memory.
        share: of one core, 1 is a whole one; since the look before, or since it began.
        began: seconds since 1970-01-01 UTC.
    """

    rss: int
    share: float
    began: float


class ProcessUsage:
    """Looks at processes, and remembers the look before.

    Args:
        clock: grows by a second each second.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._before: dict[int, tuple[float, float, float]] = {}  # began, when, seconds used
        self._said: dict[int, float] = {}
        self._lock = threading.Lock()

    def of(self, pid: int) -> Usage | None:
        """What a process takes; None: it is gone, or may not be looked at."""
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                times, began = process.cpu_times(), float(process.create_time())
                rss = int(process.memory_info().rss)
        except psutil.Error:
            return None
        return Usage(rss, self._share(pid, began, float(times.user + times.system)), began)

    def _share(self, pid: int, began: float, used: float) -> float:
        now = self._clock()
        with self._lock:
            known = self._before.get(pid)
            if known is None or known[0] != began:
                if len(self._before) >= _MOST:
                    self._before.clear()
                self._before[pid] = (began, now, used)
                self._said[pid] = used / max(now - began, LEAST_S)
            elif now - known[1] >= LEAST_S:
                self._said[pid] = max(0.0, used - known[2]) / (now - known[1])
                self._before[pid] = (began, now, used)
            return self._said[pid]
