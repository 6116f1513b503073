"""The strongest moments of a clip, kept with their pictures while it is scored."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame, FrameScore, frames_in

APART_S = 2.5
"""Seconds between two moments of one clip, at least."""
MOST_BEFORE = 10
"""Frames before a moment that are kept with it, at most."""

Pictures = Mapping[str, NDArray[np.uint8]]


@dataclass(order=True, frozen=True, slots=True)
class Moment:
    """A frame that stands out, with what was said of it.

    Attributes:
        value: the score.
        clip: the clip's name.
        frame: the picture.
        score: the method's whole answer.
        before: the frames that led up to it, where they were wanted.
        apart: frames to a weaker moment of its clip, at least.
        pictures: what the method shows of it, uint8 RGB (h, w, 3) by name.
    """

    value: float
    clip: str = field(compare=False)
    frame: Frame = field(compare=False)
    score: FrameScore = field(compare=False)
    before: tuple[Frame, ...] = field(default=(), compare=False)
    apart: int = field(default=0, compare=False)
    pictures: Pictures = field(default_factory=dict, compare=False)

    def shown(self, make: Callable[[Sequence[Frame]], Pictures | None]) -> Moment:
        """The moment with a method's pictures of it, in place of the frames before.

        Args:
            make: as `Scorer.pictures`.
        """
        pictures = make([*self.before, self.frame]) if self.before else None
        return replace(self, before=(), pictures=pictures or {})


class MomentKeeper:
    """Keeps the strongest moments of a clip, at most one in each stretch of `APART_S`.

    Memory is bounded: twice as many pictures as are wanted, and the frames before each.

    Args:
        clip: the clip's name.
        count: how many are wanted.
        fps: of the frames that are offered; None: unknown.
        before: frames before a moment that are kept with it; none where it takes more than
            `MOST_BEFORE`.
    """

    def __init__(self, clip: str, count: int, fps: float | None, before: int = 0) -> None:
        self._recent: deque[Frame] = deque(maxlen=before if before <= MOST_BEFORE else 0)
        self._clip = clip
        self._count = count
        self._apart = frames_in(APART_S, fps)
        self._best: Moment | None = None
        self._kept: list[Moment] = []

    @property
    def recent(self) -> tuple[Frame, ...]:
        """The last frames that were offered, as many as are kept before a moment."""
        return tuple(self._recent)

    def offer(self, frame: Frame, score: FrameScore) -> None:
        """Look at the next frame, in order."""
        before = self.recent
        self._recent.append(frame)
        if score.score is None:
            return
        best = self._best
        if best is not None and frame.index // self._apart != best.frame.index // self._apart:
            self._keep(best)
            best = None
        if best is None or score.score > best.value:
            best = Moment(score.score, self._clip, frame, score, before, self._apart)
        self._best = best

    def _keep(self, moment: Moment) -> None:
        heapq.heappush(self._kept, moment)
        if len(self._kept) > 2 * self._count:
            heapq.heappop(self._kept)

    def moments(self) -> list[Moment]:
        """The strongest first."""
        kept = self._kept if self._best is None else [*self._kept, self._best]
        return strongest(kept, self._count)


def strongest(moments: Iterable[Moment], count: int) -> list[Moment]:
    """At most `count` moments, strongest first, those of one clip `apart` from each other."""
    chosen: list[Moment] = []
    for moment in sorted(moments, reverse=True):
        near = (
            other.clip == moment.clip and abs(other.frame.index - moment.frame.index) < other.apart
            for other in chosen
        )
        if not any(near):
            chosen.append(moment)
        if len(chosen) == count:
            break
    return chosen
