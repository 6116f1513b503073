"""What scorers share that judge a frame by a window around it and join values over time."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting
from awry.scoring.streaming import TimeFilter, Values
from awry.training.footage import Run
from awry.video.pictures import coloured

Raw = TypeVar("Raw")
"""The result of one frame by itself, before it is joined with its neighbours'."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the frames of a stream come from.

    Attributes:
        clip, scene: names; empty: those of the setting.
        size: (H, W) of the frames before they were resized; None: they were not.
        fps: frames per second; None: the setting's.
    """

    clip: str = ""
    scene: str = ""
    size: tuple[int, int] | None = None
    fps: float | None = None


_OF_SETTING = Origin()


class WindowScorer(Scorer, Generic[Raw]):
    """Judges a frame once its window is full, joins the results over time, smooths the scores.

    The first `before` and the last `after` frames of a stream have no score.

    Args:
        setting: where it works.
        before, after: frames of the window on each side of the judged one.
        joining: what joins the values of neighbouring frames, e.g. a mean filter over maps.
        smoothing: the temporal filter of the frames' scores.
    """

    def __init__(
        self,
        setting: Setting,
        before: int,
        after: int,
        joining: TimeFilter[Raw],
        smoothing: TimeFilter[FrameScore],
    ) -> None:
        super().__init__(setting)
        self._before, self._after = before, after
        self._joining = joining
        self._smoothing = smoothing
        self._window: deque[Any] = deque()
        self._owed: deque[tuple[int, float | None]] = deque()
        self.warmup = before
        self.lookahead = after + joining.lookahead + smoothing.lookahead
        filters = (joining.words(setting.fps), smoothing.words(setting.fps))
        self.smoothing = ", then ".join(one for one in filters if one != "none") or "none"

    @abstractmethod
    def _prepared(self, frame: Frame) -> Any:
        """What the window keeps of a frame."""

    @abstractmethod
    def _raw_result(self, origin: Origin) -> Raw:
        """The result of the window's judged frame by itself."""

    @abstractmethod
    def _values(self, raw: Raw) -> Values:
        """What of a raw result is joined over time."""

    @abstractmethod
    def _frame_score(self, raw: Raw, values: Values) -> tuple[FrameScore, Values]:
        """A frame after joining: all but its score, and what is smoothed."""

    @abstractmethod
    def _final_score(self, score: FrameScore, smooth: Values) -> FrameScore:
        """The frame with its score, out of what was smoothed."""

    def _restart(self) -> None:
        """Forget the stream."""
        self._window.clear()

    def _next_result(self, prepared: Any, origin: Origin = _OF_SETTING) -> Raw | None:
        """Put a frame into the window; the raw result that this completes, or None."""
        self._window.append(prepared)
        if len(self._window) < self._before + 1 + self._after:
            return None
        raw = self._raw_result(origin)
        self._window.popleft()
        return raw

    def _push(self, frame: Frame) -> list[FrameScore]:
        self._owed.append((frame.index, frame.time_s))
        raw = self._next_result(self._prepared(frame))
        if raw is None:
            return [self._unscored()] if len(self._window) <= self._before else []
        return self._smoothed(self._joining.push(raw, self._values(raw)))

    def _flush(self) -> list[FrameScore]:
        scores = self._smoothed(self._joining.flush())
        scores += [self._done(score, values) for score, values in self._smoothing.flush()]
        while self._owed:
            scores.append(self._unscored())
        self._restart()
        return scores

    def _smoothed(self, ready: Iterable[tuple[Raw, Values]]) -> list[FrameScore]:
        scores = []
        for raw, values in ready:
            with self._stage("maps"):
                score, levels = self._frame_score(raw, values)
            scores += [
                self._done(one, smooth) for one, smooth in self._smoothing.push(score, levels)
            ]
        return scores

    def _done(self, score: FrameScore, smooth: Values) -> FrameScore:
        self._owed.popleft()
        return self._final_score(score, smooth)

    def _unscored(self) -> FrameScore:
        return FrameScore(*self._owed.popleft(), None)

    def _ignored(self, frame: tuple[int, int], size: tuple[int, int]) -> NDArray[np.bool_] | None:
        """Ignored positions of a map (h, w) of an (H, W) frame; None where there is none."""
        ignored = self.setting.small_mask(frame, size)
        return ignored if ignored.any() else None


def pieces_of(runs: Sequence[Run], piece: int, most: int) -> list[tuple[int, slice]]:
    """Stretches of the runs, evenly spread, with at most so many frames together.

    Footage of hours need not be looked at whole to know what is normal.

    Args:
        runs: stretches of footage.
        piece: frames of a stretch, at most.
        most: frames in all; at least one stretch comes even so.

    Returns:
        Number of the run, and its frames.
    """
    pieces = [
        (number, slice(first, min(first + piece, len(run.images))))
        for number, run in enumerate(runs)
        for first in range(0, len(run.images), piece)
    ]
    chosen = pieces
    for count in range(len(pieces), 0, -1):
        places = np.linspace(0, len(pieces) - 1, count).astype(int)
        chosen = [pieces[place] for place in places]
        if sum(frames.stop - frames.start for _, frames in chosen) <= most:
            break
    return chosen


def frames_of(run: Run, piece: slice) -> Iterator[Frame]:
    """The frames of a stretch as a scorer takes them, numbered within the run."""
    for place in range(piece.start, piece.stop):
        origin = (run.first + place) * run.every
        yield Frame(place, None, coloured(run.images[place]), origin=origin)
