"""Filters over time for one stream: what `scoring.smoothing` does to a clip, frame by frame."""

from __future__ import annotations

from collections import deque
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from awry.scoring.smoothing import REACH

Item = TypeVar("Item")
Values = dict[str, NDArray[np.float32]]


class TimeFilter(Generic[Item]):
    """A weighted mean of named values over neighbouring frames, for one stream.

    The first and the last values are taken to have stood before and after the stream.

    Args:
        weights: of `before` past frames, the present one, and later ones.
        before: past frames among the weights.
        name: what it is called.
    """

    def __init__(
        self, weights: NDArray[np.float64], before: int, name: str = "weighted mean"
    ) -> None:
        self._name = name
        self._weights = weights / weights.sum()
        self._before = before
        self.lookahead = len(weights) - 1 - before
        self._values: deque[Values] = deque(maxlen=len(weights))
        self._items: deque[Item] = deque()

    def words(self, fps: float | None = None) -> str:
        """What it does, with its span in frames and seconds; `none` where it joins nothing.

        >>> mean_filter(5).words(10.0)
        'mean over 5 frames (0.5 s), 2 of them later'
        """
        count = len(self._weights)
        if count == 1:
            return "none"
        seconds = "" if fps is None else f" ({count / fps:.3g} s)"
        return (
            f"{self._name} over {count} frames{seconds}, {self.lookahead or 'none'} of them later"
        )

    def push(self, item: Item, values: Values) -> list[tuple[Item, Values]]:
        """Take a frame; give the frame, if any, whose later frames are all there now."""
        if not self._values:
            self._values.extend([values] * self._before)
        self._items.append(item)
        return self._take(values)

    def _take(self, values: Values) -> list[tuple[Item, Values]]:
        self._values.append(values)
        if len(self._values) < len(self._weights) or not self._items:
            return []
        return [(self._items.popleft(), self._mean())]

    def _mean(self) -> Values:
        if len(self._weights) == 1:
            return self._values[0]
        pairs = list(zip(self._weights, self._values, strict=True))
        means: Values = {}
        for name, first in pairs[0][1].items():
            total = np.zeros_like(first)
            for weight, values in pairs:
                total += np.float32(weight) * values[name]
            means[name] = total
        return means

    def flush(self) -> list[tuple[Item, Values]]:
        """The stream has ended: give the rest and forget it."""
        ready = []
        while self._items:
            ready += self._take(self._values[-1])
        self._values.clear()
        return ready


THINGS = "things"
"""Name of the values, (n,), that say which thing each row of the others belongs to."""


class ThingFilter(TimeFilter[Item]):
    """The mean of each thing's values over the frames around, wherever it was seen in them.

    The values of a frame are one row for each thing, float32 (n, k), and `THINGS`, float32 (n,),
    their numbers. A thing that was not found in a frame says nothing of it.

    Args:
        frames: how many are joined; odd where they lie around the present one.
        causal: of the present and the past alone.
    """

    def __init__(self, frames: int, *, causal: bool = False) -> None:
        before = frames - 1 if causal else frames // 2
        super().__init__(np.ones(frames), before, "mean of each object")

    def _mean(self) -> Values:
        present = self._values[len(self._values) - 1 - self.lookahead]
        things = present[THINGS]
        joined = {THINGS: things}
        for name, own in present.items():
            if name == THINGS:
                continue
            total, count = np.zeros_like(own), np.zeros(len(own), np.float32)
            for values in self._values:
                same = things[:, None] == values[THINGS][None]
                total += same.astype(np.float32) @ values[name]
                count += same.any(1)
            joined[name] = np.asarray(total / np.maximum(count, 1)[:, None], np.float32)
        return joined


def odd_frames(seconds: float, fps: float) -> int:
    """So many seconds in frames, an odd number, so that they have a middle.

    >>> odd_frames(0.9, 10.0), odd_frames(0.0, 10.0)
    (9, 1)
    """
    return max(0, round((seconds * fps - 1) / 2)) * 2 + 1


def mean_filter(frames: int, *, causal: bool = False) -> TimeFilter[Item]:
    """The mean over so many frames: centred (an odd number), or of the present and the past."""
    before = frames - 1 if causal else frames // 2
    return TimeFilter(np.ones(frames), before, "mean")


def gaussian_filter(sigma: float, *, causal: bool = False) -> TimeFilter[Item]:
    """A Gaussian, or its past half; sigma in frames."""
    reach = int(np.ceil(REACH * sigma))
    ages = np.arange(-reach, 1 if causal else reach + 1)
    name = f"{'half-' if causal else ''}Gaussian of sigma {sigma:g}"
    return TimeFilter(np.exp(-0.5 * (ages / sigma) ** 2), reach, name)


def savgol_filter(window: int, order: int, *, causal: bool = False) -> TimeFilter[Item]:
    """Savitzky-Golay: the value, at the present frame, of a polynomial fitted to the window.

    Args:
        window: frames; odd where the filter is centred.
        order: of the polynomial, below `window`.
        causal: the window ends with the present frame, instead of lying around it.
    """
    from scipy.signal import savgol_coeffs

    place = window - 1 if causal else window // 2
    weights = savgol_coeffs(window, order, pos=place, use="dot")
    return TimeFilter(weights, place, f"Savitzky-Golay of order {order}")


def no_filter() -> TimeFilter[Item]:
    """Nothing is joined."""
    return TimeFilter(np.ones(1), 0)


Smoothing = Literal["none", "gaussian", "causal"]


def smoother(kind: Smoothing, sigma: float) -> TimeFilter[Item]:
    """The temporal filter of frames' scores: nothing, a Gaussian, or its past half."""
    return no_filter() if kind == "none" else gaussian_filter(sigma, causal=kind == "causal")
