"""The time grid of a detector: which pictures of a stream are its steps."""

from __future__ import annotations

import math

# How far, in steps, a picture may come before its step and be taken for it: half the distance of
# pictures, within these; the first where that is not known.
_EARLY, _EARLIEST = 0.3, 0.5
# Times are not exact.
_ROUNDING = 1e-3
# Share by which the usual distance of pictures follows the newest one.
_FOLLOW = 0.1


class Steps:
    """The steps of one session.

    The first picture is step 0. Of the pictures that fall to a step the first is taken; a step that
    no picture falls to is left out. A camera that is a little early or late loses none by that.

    Args:
        rate: steps a second; None: each picture is one.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._start: float | None = None
        self._next = 0
        self._seen: float | None = None
        self._apart: float | None = None

    def see(self, at: float) -> None:
        """Of every picture of the stream, before `wants` and `take`: how far they are apart.

        Args:
            at: when it was taken, seconds of any clock.
        """
        apart = None if self._seen is None else at - self._seen
        self._seen = at
        if apart is not None and 0 < apart < 1:
            known = apart if self._apart is None else self._apart
            self._apart = known + _FOLLOW * (apart - known)

    def take(self, at: float) -> int | None:
        """The step that a picture is, or None where it is between steps.

        Args:
            at: when it was taken, seconds of the same clock; ascending.
        """
        self._start = at if self._start is None else self._start
        step = self._next
        if self._rate is not None:
            if not self.wants(at):
                return None
            place = (at - self._start) * self._rate
            # Late by less than it may be early, it is the step that was due.
            step = max(step, math.floor(place + self._early))
        self._next = step + 1
        return step

    def wants(self, at: float) -> bool:
        """Whether a picture of that time would be a step, were it the next one."""
        if self._rate is None or self._start is None:
            return True
        return (at - self._start) * self._rate >= self._next - self._early

    @property
    def _early(self) -> float:
        if self._rate is None or self._apart is None:
            return _EARLY
        return min(self._apart * self._rate / 2, _EARLIEST) + _ROUNDING
