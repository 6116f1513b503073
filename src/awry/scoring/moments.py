"""The strongest moments of a clip, kept with their pictures while it is scored."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from awry.frames import Frame, FrameScore


@dataclass(order=True, frozen=True, slots=True)
class Moment:
    """A frame that stands out, with what was said of it.

    Attributes:
        value: the score.
        clip: the clip's name.
        frame: the picture.
        score: the method's whole answer.
    """

    value: float
    clip: str = field(compare=False)
    frame: Frame = field(compare=False)
    score: FrameScore = field(compare=False)


class MomentKeeper:
    """Keeps the strongest moments of a clip, at most one in each stretch of frames.

    Memory is bounded: twice as many pictures as are wanted.

    Args:
        clip: the clip's name.
        count: how many are wanted.
        apart: two moments are at least so many frames apart.
    """

    def __init__(self, clip: str, count: int, apart: int) -> None:
        self._clip = clip
        self._count = count
        self._apart = apart
        self._best: Moment | None = None
        self._kept: list[Moment] = []

    def offer(self, frame: Frame, score: FrameScore) -> None:
        """Look at the next frame, in order."""
        if score.score is None:
            return
        best = self._best
        if best is not None and frame.index // self._apart != best.frame.index // self._apart:
            self._keep(best)
            best = None
        if best is None or score.score > best.value:
            best = Moment(score.score, self._clip, frame, score)
        self._best = best

    def _keep(self, moment: Moment) -> None:
        heapq.heappush(self._kept, moment)
        if len(self._kept) > 2 * self._count:
            heapq.heappop(self._kept)

    def moments(self) -> list[Moment]:
        """The strongest first."""
        kept = self._kept if self._best is None else [*self._kept, self._best]
        return strongest(kept, self._count, self._apart)


def strongest(moments: Iterable[Moment], count: int, apart: int) -> list[Moment]:
    """At most `count` moments, strongest first, those of one clip at least `apart` frames apart."""
    chosen: list[Moment] = []
    for moment in sorted(moments, reverse=True):
        near = (
            other.clip == moment.clip and abs(other.frame.index - moment.frame.index) < apart
            for other in chosen
        )
        if not any(near):
            chosen.append(moment)
        if len(chosen) == count:
            break
    return chosen
