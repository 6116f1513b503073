"""A source that ends instead of failing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from awry.errors import AwryError
from awry.frames import Frame
from awry.video.clock import start_of
from awry.video.one_size import SizeRule
from awry.video.reader import Reader
from awry.video.source import Source, SourceHealth


class TolerantSource:
    """A source that ends instead of failing, so that what was scored by then is kept.

    It ends when the user asks for it, and where the source breaks after its first frame. Frames
    of another size than the first are left out. Of a `Reader`, a None stands wherever no frame is
    there yet.

    Args:
        source: the source.
        interrupted: filled once the user asks for the end.
        start: when its first frame was taken; None: what it says itself.

    Attributes:
        is_live: whether its frames come in their own time.
        problems: what was lost, one sentence each; known after the last frame.
        stopped: it ended before its end, because the user asked for it.
    """

    def __init__(
        self, source: Source, interrupted: Sequence[bool], start: datetime | None = None
    ) -> None:
        self.name = source.name
        self.fps = source.fps
        self.problems: list[str] = []
        self.stopped = False
        self._source = source
        self._interrupted = interrupted
        self._start = start
        self.is_live = isinstance(source, Reader)

    @property
    def started_at(self) -> datetime | None:
        """When its first frame was taken, where that is known; of a stream from then on."""
        return self._start or start_of(self._source)

    @property
    def health(self) -> SourceHealth:
        """What went wrong while frames were read."""
        return self._source.health

    @property
    def notes(self) -> list[str]:
        """What a person should know of how it was read."""
        return self._source.notes if isinstance(self._source, Reader) else []

    def __iter__(self) -> Iterator[Frame | None]:
        rule = SizeRule()
        try:
            for frame in self._frames():
                if frame is None or rule.keeps(frame):
                    yield frame
                if self._interrupted:
                    self.stopped = True
                    break
        except AwryError as error:
            if rule.size is None:
                raise
            self.problems.append(f"{error} What was scored by then is kept.")
        if rule.said is not None:
            self.problems.append(rule.said)

    def _frames(self) -> Iterator[Frame | None]:
        return self._source.ready() if isinstance(self._source, Reader) else iter(self._source)
