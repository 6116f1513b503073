"""Frames that a method could not score take the nearest scored frame's value."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.frames import FrameScore


def fill_unscored(
    scores: Sequence[float | None],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give every frame a score, and say which were scored.

    Args:
        scores: one a frame; None during warm-up and where the look-ahead was missing.

    Returns:
        float64 (n,) and bool (n,), True where the method gave a score. Between two scored
        frames at equal distance the earlier one counts. Where no frame was scored all are 0.

    >>> fill_unscored([None, 1.0, None, None, None, 5.0])[0].tolist()
    [1.0, 1.0, 1.0, 1.0, 5.0, 5.0]
    """
    scored = np.array([score is not None for score in scores], bool)
    values = np.array([0.0 if score is None else score for score in scores], np.float64)
    return fill_nearest(values, scored), scored


def fill_nearest(values: NDArray[np.float64], scored: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same for arrays: (n,) values, of which only those where `scored` is True count."""
    places = np.flatnonzero(scored)
    if not places.size:
        return np.zeros(len(values))
    wanted = np.arange(len(values))
    after = np.clip(np.searchsorted(places, wanted), 0, len(places) - 1)
    before = np.maximum(after - 1, 0)
    nearer_before = np.abs(wanted - places[before]) <= np.abs(places[after] - wanted)
    return np.asarray(values[places[np.where(nearer_before, before, after)]], np.float64)


def filled_parts(scores: Sequence[FrameScore]) -> dict[str, NDArray[np.float64]]:
    """Each part that any frame has, float64 (n,), filled as `fill_unscored` does."""
    names = dict.fromkeys(name for score in scores for name in score.parts)
    return {name: fill_unscored([s.parts.get(name) for s in scores])[0] for name in names}


class NearestFiller:
    """`fill_unscored` for a stream: a frame's value is given as soon as nothing can change it.

    That is at once for scored frames that follow one another. Unscored frames wait for the next
    scored one, the nearer half of them for as many frames as have passed since the last.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._since = 0  # unscored frames since the last scored one
        self._given = 0  # of these, how many have their value

    def push(self, value: float | None) -> list[float]:
        """Take the next frame's value; give those that are certain now, in order."""
        if value is None:
            self._since += 1
            return self._nearer_before()
        filled = [*self._nearer_before(), *[value] * (self._since - self._given), value]
        self._last, self._since, self._given = value, 0, 0
        return filled

    def flush(self) -> list[float]:
        """The stream has ended: give the rest, and forget it."""
        rest = [0.0 if self._last is None else self._last] * (self._since - self._given)
        self._last, self._since, self._given = None, 0, 0
        return rest

    def _nearer_before(self) -> list[float]:
        """The last value, for the frames to which no later one can be nearer."""
        if self._last is None:
            return []
        certain = (self._since + 1) // 2 - self._given
        self._given += max(certain, 0)
        return [self._last] * certain


@dataclass(frozen=True, slots=True)
class FilledScore:
    """A frame's score with nothing missing.

    Attributes:
        frame: what the method said.
        value: its score, or the nearest scored frame's.
        parts: the same for each part.
    """

    frame: FrameScore
    value: float
    parts: dict[str, float]

    @property
    def scored(self) -> bool:
        """Whether the method itself gave the score."""
        return self.frame.score is not None


class ScoreFiller:
    """Fills the scores and parts of a stream as `fill_unscored` and `filled_parts` do of a clip.

    A part that the stream's first scored frame lacks is missing in the frames that were given
    before it came.
    """

    def __init__(self) -> None:
        self._frames: deque[FrameScore] = deque()
        self._series: dict[str, tuple[NearestFiller, deque[float]]] = {
            "": (NearestFiller(), deque())
        }

    def push(self, score: FrameScore) -> list[FilledScore]:
        """Take the next frame; give those that have everything now, in order."""
        for name in score.parts:
            if name not in self._series:
                filler = NearestFiller()
                for _ in self._frames:
                    filler.push(None)
                self._series[name] = filler, deque()
        self._frames.append(score)
        for name, (filler, values) in self._series.items():
            values.extend(filler.push(score.parts.get(name) if name else score.score))
        return self._complete()

    def flush(self) -> list[FilledScore]:
        """The stream has ended: give the rest, and forget it."""
        for filler, values in self._series.values():
            values.extend(filler.flush())
        rest = self._complete()
        self.__init__()  # type: ignore[misc]
        return rest

    def _complete(self) -> list[FilledScore]:
        found = []
        while self._frames and all(values for _, values in self._series.values()):
            ready = {name: values.popleft() for name, (_, values) in self._series.items()}
            found.append(FilledScore(self._frames.popleft(), ready.pop(""), ready))
        return found
