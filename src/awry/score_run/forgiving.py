"""A source that ends instead of failing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awry.errors import AwryError
from awry.frames import Frame
from awry.video.source import Source, SourceHealth


class Forgiving:
    """A source that ends instead of failing, so that what was scored by then is kept.

    It ends when the user asks for it, and where the source breaks after its first frame. Frames
    of another size than the first are left out.

    Attributes:
        problems: what was lost, one sentence each; known after the last frame.
        stopped: it ended before its end, because the user asked for it.
    """

    def __init__(self, source: Source, interrupted: Sequence[bool]) -> None:
        self.name = source.name
        self.fps = source.fps
        self.problems: list[str] = []
        self.stopped = False
        self._source = source
        self._interrupted = interrupted

    @property
    def health(self) -> SourceHealth:
        """What went wrong while frames were read."""
        return self._source.health

    def __iter__(self) -> Iterator[Frame]:
        size: tuple[int, ...] | None = None
        others = first_other = 0
        try:
            for frame in self._source:
                size = size or frame.image.shape
                if frame.image.shape == size:
                    yield frame
                else:
                    first_other = first_other if others else frame.index
                    others += 1
                if self._interrupted:
                    self.stopped = True
                    break
        except AwryError as error:
            if size is None:
                raise
            self.problems.append(f"{error} What was scored by then is kept.")
        if others and size is not None:
            self.problems.append(
                f"{others} frames are of another size than the first "
                f"({size[1]}x{size[0]}) and were left out, the first of them frame {first_other}."
            )
