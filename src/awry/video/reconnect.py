"""A live source that is opened anew whenever it is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from awry.errors import ConfigError, SourceError
from awry.frames import Frame
from awry.video.clock import start_of
from awry.video.source import Source, SourceHealth

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
"""Each failure in a row doubles the wait, from the first to the longest."""


class Reconnecting:
    """A live source that is opened anew whenever it is lost.

    It is opened at once, and iterated once; where nobody answers at first, iterating tries again
    (`fps` is None then). Frames are counted on; their times go on by the
    seconds that the gap lasted. Each loss and its end are noted in `health`. A file (`is_file` is
    True) would begin anew as well, so its loss is raised.

    Args:
        open: connects; is called again after each loss.
        name: how it is called; by default what the first connection says.
        attempts: failures in a row, without a frame between, after which it is given up; None
            never gives up.
        now: seconds of a clock that only grows.

    Raises:
        ConfigError: not one attempt is allowed.
        SourceError: while iterating, after `attempts` failures.
    """

    def __init__(
        self,
        open: Callable[[], Source],
        *,
        name: str | None = None,
        attempts: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if attempts is not None and attempts < 1:
            raise ConfigError(f"Attempts to connect again must be 1 or more, not {attempts}.")
        self._open = open
        self._attempts = attempts
        self._now = now
        self._stopping = threading.Event()
        self._source: Source | None = None
        self._failure: SourceError | None = None
        self._started_at: datetime | None = None
        self.health = SourceHealth()
        try:
            self._source = open()
        except SourceError as error:
            self._failure = error
        self.name = name or str(getattr(self._source, "name", "stream"))
        self.fps: float | None = getattr(self._source, "fps", None)
        self.is_live = bool(getattr(self._source, "is_live", self._source is None))
        self._index = 0
        self._last_s: float | None = None
        self._last_at = 0.0

    @property
    def started_at(self) -> datetime | None:
        """When its first frame of all was taken, where it knows."""
        return self._started_at

    def stop(self) -> None:
        """End a wait for the next attempt; from any thread."""
        self._stopping.set()

    def __iter__(self) -> Iterator[Frame]:
        failures = 0
        while not self._stopping.is_set():
            before = self._index
            try:
                if self._failure is None:
                    self._source = self._source or self._open()
                    yield from self._frames(self._source)
                    return
                error, self._failure = self._failure, None
            except SourceError as lost:
                error = lost
            failures = 1 if self._index > before else failures + 1
            self._give_up(error, failures)
            if failures == 1:
                self.health.notes.append(f"{error} Connecting again.")
            self._source = None
            self._wait(min(FIRST_WAIT_S * 2 ** (failures - 1), LONGEST_WAIT_S))

    def _wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _give_up(self, error: SourceError, failures: int) -> None:
        if getattr(self._source, "is_file", False):
            raise error
        if self._attempts is not None and failures > self._attempts:
            raise SourceError(f"{error} Gave up after {self._attempts} attempts.")

    def _frames(self, source: Source) -> Iterator[Frame]:
        """A connection's frames, with indices and times that go on."""
        start_s, first, said, begins = 0.0, self._index, 0, True
        try:
            for frame in source:
                now = self._now()
                if begins and first:
                    start_s = self._note_gap(now) - (frame.time_s or 0.0)
                elif begins:
                    self._started_at = start_of(source)
                    self._note_late_start()
                begins = False
                said = self._follow(source, said)
                time_s = None if frame.time_s is None else start_s + frame.time_s
                frame = replace(frame, index=first + frame.index, time_s=time_s)
                if frame.damaged:
                    self.health.damaged.append(frame.index)
                self._index, self._last_s, self._last_at = frame.index + 1, time_s, now
                yield frame
        finally:
            self._follow(source, said)

    def _note_late_start(self) -> None:
        if self.health.notes:
            self.health.notes.append("Connected.")

    def _note_gap(self, now: float) -> float:
        """The time of the first frame after a gap."""
        gap_s = now - self._last_at
        self.health.notes.append(
            f"Connected again after {gap_s:.1f} s without a picture; frame {self._index} is the "
            "first after the gap."
        )
        return (self._last_s or 0.0) + gap_s

    def _follow(self, source: Source, said: int) -> int:
        """Take over what a connection says of itself."""
        self.health.notes += source.health.notes[said:]
        return len(source.health.notes)
