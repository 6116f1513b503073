"""Frames of one size: what differs from a clip's first frame is left out.

A camera's profile may change while it records; boxes, maps and ignored regions speak of the pixels
of one size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from awry.frames import Frame
from awry.video.source import Source, SourceHealth


class SizeRule:
    """Says which frames of a clip are kept: those of the first one's size.

    Attributes:
        size: (H, W) of the first frame; None before it.
        left_out: how many were not kept.
        damaged: indices of those of them that were damaged.
    """

    def __init__(self) -> None:
        self.size: tuple[int, int] | None = None
        self.left_out = 0
        self.damaged: set[int] = set()
        self._first = 0

    def keeps(self, frame: Frame) -> bool:
        """Whether the next frame is kept."""
        height, width = frame.image.shape[:2]
        self.size = self.size or (height, width)
        if self.size == (height, width):
            return True
        self._first = self._first if self.left_out else frame.index
        self.left_out += 1
        if frame.damaged:
            self.damaged.add(frame.index)
        return False

    @property
    def said(self) -> str | None:
        """What was left out so far, in one sentence; None where nothing was."""
        if not self.left_out or self.size is None:
            return None
        return (
            f"Frames of another size than the first ({self.size[1]}x{self.size[0]}) were left "
            f"out: {self.left_out}, the first of them frame {self._first}."
        )


class OneSize:
    """A source without the frames that are of another size than its first.

    They keep their places, as lost ones do: they count in `health.lost`, and `health.notes` says
    so.

    Args:
        source: any source.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = source.name
        self.fps = source.fps
        self._rule = SizeRule()

    def __iter__(self) -> Iterator[Frame]:
        self._rule = SizeRule()
        yield from filter(self._rule.keeps, self.source)

    @property
    def health(self) -> SourceHealth:
        """The source's health, with what was left out."""
        health, rule = self.source.health, self._rule
        if rule.said is None:
            return health
        return replace(
            health,
            damaged=[index for index in health.damaged if index not in rule.damaged],
            lost=health.lost + rule.left_out,
            notes=[*health.notes, rule.said],
        )
