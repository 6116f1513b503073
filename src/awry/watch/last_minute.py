"""How many steps of a time grid came over the last minute, and how many were left out."""

from __future__ import annotations

from collections import deque

MOST_DROPPED = 0.05
"""Above this share of dropped steps over a minute a camera is degraded."""
WINDOW_S = 60.0


class LastMinute:
    """Counts the steps of one camera. Times are seconds of a clock that only grows."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int]] = deque()

    def add(self, dropped: int, monotonic: float) -> None:
        """A step came, before which so many were left out."""
        self._steps.append((monotonic, dropped))
        self._forget(monotonic)

    def clear(self) -> None:
        """Count anew."""
        self._steps.clear()

    def dropped(self, monotonic: float) -> int:
        """Steps that were left out."""
        self._forget(monotonic)
        return sum(dropped for _, dropped in self._steps)

    def steps(self, monotonic: float) -> int:
        """Steps that came and that were left out."""
        return self.dropped(monotonic) + len(self._steps)

    def share(self, monotonic: float) -> float:
        """The share of steps that were left out, in [0, 1]."""
        steps = self.steps(monotonic)
        return self.dropped(monotonic) / steps if steps else 0.0

    def _forget(self, monotonic: float) -> None:
        while self._steps and self._steps[0][0] <= monotonic - WINDOW_S:
            self._steps.popleft()
