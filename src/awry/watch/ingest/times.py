"""When packets were taken, by this machine's clock, from their stamps and their arrivals."""

from __future__ import annotations

from awry.watch.clock import Clock
from awry.watch.ingest.packets import Piece

# Stamps that leave the time of arrival by more have begun anew.
STAMP_JUMP_S = 5.0
# The clock that people read was set where it leaves the one that only grows by more.
CLOCK_JUMP_S = 0.5
# Delays are judged by the quickest packet of a span of one to two of these.
_SPAN_S = 30.0
# Stamps that stay so far behind for so long have begun anew, too; a backlog is made good sooner.
_LATE_S = 10.0


class WallTimes:
    """Finds when each packet was taken, and where stamps or clocks jump.

    A packet is never there before it is taken, so the quickest one of the last half minute tells
    how stamps and arrivals belong together; slower ones were delayed on their way. That span
    also follows a camera whose clock runs a little fast or slow.

    Args:
        clock: the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._base = clock.now() - clock.monotonic()
        self._order: float | None = None
        self._arrived = 0.0
        self._shifts = [float("inf"), float("inf")]
        self._span_end = 0.0
        self._late_since: float | None = None
        self._run = 0

    @property
    def shift_s(self) -> float | None:
        """Seconds from the stream's stamps to the clock that only grows; None before a packet."""
        return min(self._shifts) if self._order is not None else None

    def begin(self) -> None:
        """A new connection: its stamps have nothing to do with those before."""
        self._run += 1
        self._forget()

    def clock_jump(self) -> float:
        """Seconds by which the clock that people read was set since the last call; mostly 0."""
        base = self._clock.now() - self._clock.monotonic()
        jump = base - self._base
        if abs(jump) < CLOCK_JUMP_S:
            # Small corrections are followed, so that many of them are no jump.
            self._base += jump
            return 0.0
        self._base = base
        self._run += 1
        return jump

    def place(self, piece: Piece) -> str:
        """Set a packet's `at` and `run`.

        Returns:
            What jumped, as a sentence; empty where nothing did.
        """
        said = ""
        order = piece.order_s
        if order is not None:
            if self._order is not None and self._jumped(order, piece.arrived):
                said = "The stamps of the stream jumped."
                self._run += 1
                self._forget()
            self._see(order, piece.arrived)
        stamp = piece.stamp_s
        shift = self.shift_s
        taken = piece.arrived if stamp is None or shift is None else stamp + shift
        piece.run = self._run
        # Pictures that are shown later than they are sent may lie a little ahead.
        piece.at = self._base + taken
        return said

    def _jumped(self, order: float, arrived: float) -> bool:
        assert self._order is not None
        passed = arrived - self._arrived
        step = order - self._order
        if step < -STAMP_JUMP_S or step > passed + STAMP_JUMP_S + self._behind(arrived):
            return True
        late = arrived - order - min(self._shifts) > _LATE_S
        self._late_since = (self._late_since or arrived) if late else None
        return self._late_since is not None and arrived - self._late_since > _LATE_S

    def _behind(self, arrived: float) -> float:
        """Seconds of backlog that a delayed stream may make good."""
        assert self._order is not None
        return max(0.0, self._arrived - self._order - min(self._shifts))

    def _see(self, order: float, arrived: float) -> None:
        shift = arrived - order
        if arrived >= self._span_end:
            self._shifts = [self._shifts[1], shift]
            self._span_end = arrived + _SPAN_S
        self._shifts[1] = min(self._shifts[1], shift)
        self._order, self._arrived = order, arrived

    def _forget(self) -> None:
        self._order = None
        self._shifts = [float("inf"), float("inf")]
        self._span_end = 0.0
        self._late_since = None
