"""Presentation stamps of a stream become the times of its frames."""

from __future__ import annotations

from awry.video.source import SourceHealth

# Problems of one kind that are described one by one; the rest is only counted.
LISTED = 5


class Timeline:
    """Presentation stamps become seconds that start at 0 and only grow.

    A missing stamp, one that does not come after the one before, and one that comes after the
    one that follows are replaced by the time before plus one nominal frame.

    Args:
        step: nominal seconds between frames, or None where no rate is known.
        health: where replaced stamps are noted.
    """

    def __init__(self, step: float | None, health: SourceHealth) -> None:
        self._step = step
        self._health = health
        self._first: float | None = None
        self._last: float | None = None
        self._replaced = 0

    def next(self, stamp: float | None, following: float | None = None) -> float | None:
        """Seconds since the first frame, or None where neither stamp nor rate are known.

        Args:
            stamp: seconds on the stream's clock.
            following: the next frame's stamp, where it is known already; one wild stamp then
                does not throw all later ones into the past.
        """
        wild = stamp is not None and following is not None and stamp > following
        if stamp is not None and self._first is None and not wild:
            self._first = stamp - (self._guess() or 0.0)
        time = None if stamp is None or self._first is None else stamp - self._first
        if wild and (time is None or self._is_later(following)):
            self._note("runs ahead of the next one")
            time = None
        if time is not None and self._last is not None and time <= self._last:
            self._note("goes back")
            time = None
        if time is None:
            time = self._guess()
        self._last = time if time is not None else self._last
        return time

    def _is_later(self, stamp: float | None) -> bool:
        """Whether a stamp comes after the last frame."""
        if stamp is None or self._first is None:
            return False
        return self._last is None or stamp - self._first > self._last

    def _guess(self) -> float | None:
        if self._last is None:
            return None if self._step is None else 0.0
        return None if self._step is None else self._last + self._step

    def _note(self, what: str) -> None:
        self._replaced += 1
        if self._replaced <= LISTED:
            after = "at the start" if self._last is None else f"after {self._last:.3f} s"
            self._health.notes.append(
                f"A time stamp {after} {what}; it was replaced by the nominal step."
            )

    def close(self) -> None:
        """Note how many stamps were replaced, where that was not said one by one."""
        if self._replaced > LISTED:
            self._health.notes.append(f"Time stamps replaced in all: {self._replaced}.")
