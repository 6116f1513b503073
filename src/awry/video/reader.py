"""Live sources are read in threads of their own, so that slow scoring does not put them behind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

from awry.frames import Frame
from awry.video.clock import start_of
from awry.video.source import Source, SourceHealth

KEPT = 8
"""Frames that wait at most: what a short pause of whoever takes them may cost in delay."""


class Reader:
    """A source that is read in a thread of its own, as fast as it comes.

    At most `keep` frames wait. When there are more, the oldest is dropped, so that whoever takes
    them is never further behind; frames keep their index and time, so that gaps show. Dropped
    frames are counted in `health.skipped` and said in `notes`. A source that is not live
    (`is_live` is False, or it has no such attribute) waits instead, and loses nothing.

    The thread begins with the first frame that is asked for, and ends with the source or with
    `close`, which waits for the frame that is being read. Close it, or use it with `with`.

    Args:
        source: read once.
        keep: frames that wait at most, 1 or more.
        arrived: set whenever there is something to take; several readers may share one.

    Attributes:
        notes: of dropped frames, one sentence at the first and one in the end.

    Raises:
        Whatever the source raises, from the iteration, after the frames that came before.
    """

    def __init__(
        self, source: Source, *, keep: int = KEPT, arrived: threading.Event | None = None
    ) -> None:
        self.name = source.name
        self.fps = source.fps
        self.notes: list[str] = []
        self.is_live = bool(getattr(source, "is_live", False))
        self._source = source
        self._keep = keep
        self._arrived = arrived or threading.Event()
        self._waiting: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._over = False
        self._error: BaseException | None = None
        self._read = 0
        self._thread: threading.Thread | None = None

    @property
    def health(self) -> SourceHealth:
        """What went wrong while frames were read."""
        return self._source.health

    @property
    def started_at(self) -> datetime | None:
        """When its first frame was taken, where it knows."""
        return start_of(self._source)

    def __iter__(self) -> Iterator[Frame]:
        try:
            for frame in self.ready():
                if frame is not None:
                    yield frame
                    continue
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting or self._over)
        finally:
            self.close()

    def ready(self) -> Iterator[Frame | None]:
        """Its frames, with a None whenever none is there yet.

        When it is left early, the thread still ends with the frame that it reads; `close` waits.
        """
        self._thread = threading.Thread(target=self._run, name=f"reader of {self.name}")
        self._thread.start()
        try:
            while True:
                with self._changed:
                    frame = self._waiting.popleft() if self._waiting else None
                    over = self._over and not self._waiting
                    self._changed.notify_all()
                if frame is None and over:
                    break
                yield frame
        finally:
            self._leave()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the thread and wait for that; harmless when it has ended already."""
        self._leave()
        if self._thread is not None:
            self._thread.join()

    def _leave(self) -> None:
        """No frame is wanted any more."""
        with self._changed:
            first, self._closed = not self._closed, True
            self._changed.notify_all()
        stop = getattr(self._source, "stop", None)
        if stop is not None:
            stop()
        if first:
            self._say_how_many()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            for frame in self._source:
                if not self._put(frame):
                    break
        except BaseException as error:
            self._error = error
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._arrived.set()

    def _put(self, frame: Frame) -> bool:
        """Let a frame wait; False once the reader is closed."""
        with self._changed:
            if not self.is_live:
                self._changed.wait_for(lambda: self._closed or len(self._waiting) < self._keep)
            if self._closed:
                return False
            self._read += 1
            if len(self._waiting) == self._keep:
                self._skip(self._waiting.popleft())
            self._waiting.append(frame)
            self._changed.notify_all()
        self._arrived.set()
        return True

    def _skip(self, frame: Frame) -> None:
        health = self.health
        health.skipped += 1
        if health.skipped == 1:
            self.notes.append(
                f"Frames are skipped from frame {frame.index} on: they come faster than they are "
                "taken."
            )

    def _say_how_many(self) -> None:
        skipped = self.health.skipped
        if skipped:
            self.notes.append(
                f"{skipped} of {self._read} frames were skipped. Motion looks faster where frames "
                "are missing: score fewer streams at once, export the bundle to a faster runtime, "
                "or fit with --every on as many frames a second as can be scored."
            )
