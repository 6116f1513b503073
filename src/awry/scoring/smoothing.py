"""Smoothing of a clip's scores. Edges are replicated, never padded with zeros.

Every filter works on the distance from the clip's first score. A constant series therefore
comes out bit-identical, its ties survive, and a detector that sees nothing keeps an AUC of
exactly 0.5; see docs/measurement.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from awry.errors import ConfigError, InputError, nearest

Series = NDArray[np.float64]
# Beyond four sigma a Gaussian's weight is below 0.0004 of its peak.
REACH = 4.0


def smooth(scores: Series, kind: str, **options: Any) -> Series:
    """Smooth one clip's scores.

    Args:
        scores: float64 (n,), finite, one a frame.
        kind: one of
            `none`;
            `gaussian` (sigma=8.0 frames), looks ahead;
            `savgol` (window=31, odd; order=3), Savitzky-Golay, looks ahead;
            `median` (window=17, odd), looks ahead;
            `causal` (sigma=8.0, kernel="gaussian" or "exponential"), past frames only;
            see `CausalSmoother`.
        options: the kind's options, as listed.

    Returns:
        float64 (n,).

    Raises:
        ConfigError: unknown kind or option, or an option out of range.
        InputError: a score is NaN or infinite, or the array is not one-dimensional.

    >>> smooth(np.array([0.0, 0.0, 3.0, 0.0, 0.0]), "median", window=3).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    if kind not in _FILTERS:
        raise ConfigError(f"Unknown smoothing '{kind}': {nearest(kind, _FILTERS)}.")
    function, known = _FILTERS[kind]
    for option in options:
        if option not in known:
            listed = f"known: {', '.join(known)}" if known else "it takes none"
            raise ConfigError(f"Smoothing '{kind}' has no option '{option}' ({listed}).")
    series = np.asarray(scores, np.float64)
    if series.ndim != 1:
        raise InputError(f"Scores of one clip are a series (n,), but the shape is {series.shape}.")
    bad = np.flatnonzero(~np.isfinite(series))
    if bad.size:
        raise InputError(
            f"The score of frame {bad[0]} is {series[bad[0]]}; smoothing needs finite scores. "
            "Fill unscored frames first (fill_unscored)."
        )
    if not series.size:
        return series.copy()
    first = series[0]
    return np.asarray(function(series - first, **options) + first, np.float64)


class CausalSmoother:
    """A weighted mean over the present and past frames, for one stream.

    Before the first frame its value is taken to have stood for ever, so that a constant stays
    constant. `push` after `push` gives what `smooth(scores, "causal")` gives.

    Args:
        sigma: for `gaussian` the sigma of the half-Gaussian, for `exponential` the time in
            which a frame's weight falls to 1/e; both in frames, greater than 0.
        kernel: `gaussian` or `exponential`.

    Raises:
        ConfigError: unknown kernel, or sigma not greater than 0.
    """

    def __init__(
        self, sigma: float = 8.0, kernel: Literal["gaussian", "exponential"] = "gaussian"
    ) -> None:
        _positive("sigma", sigma)
        if kernel not in ("gaussian", "exponential"):
            hint = nearest(kernel, ("gaussian", "exponential"))
            raise ConfigError(f"Unknown causal kernel '{kernel}': {hint}.")
        self._first: float | None = None
        self._gain = 1.0 - float(np.exp(-1.0 / sigma)) if kernel == "exponential" else None
        self._value = 0.0
        ages = np.arange(int(np.ceil(REACH * sigma)), -1, -1)
        weights = np.exp(-0.5 * (ages / sigma) ** 2)
        self._weights = weights / weights.sum()
        # The past is kept twice, one copy behind the other, so that it can always be read in
        # one piece, oldest first.
        self._past = np.zeros(2 * len(weights))
        self._place = 0

    def push(self, score: float) -> float:
        """The smoothed value of the frame that has just been scored.

        Raises:
            InputError: the score is NaN or infinite.
        """
        if not np.isfinite(score):
            raise InputError(f"A score of {score} cannot be smoothed; scores must be finite.")
        if self._first is None:
            self._first = float(score)
        return self._first + self._push(float(score) - self._first)

    def whole(self, series: Series) -> Series:
        """What `push` after `push` gives of a Gaussian for a whole series (n,), n >= 1, finite."""
        first = series[0]
        past = np.zeros(len(self._weights) - 1)
        distances = np.concatenate([past, series - first])
        return np.asarray(first + np.correlate(distances, self._weights, "valid"), np.float64)

    def _push(self, distance: float) -> float:
        if self._gain is not None:
            self._value += self._gain * (distance - self._value)
            return self._value
        length = len(self._weights)
        self._past[self._place] = self._past[self._place + length] = distance
        self._place = (self._place + 1) % length
        return float(self._past[self._place : self._place + length] @ self._weights)


def _none(series: Series) -> Series:
    return series


def _gaussian(series: Series, sigma: float = 8.0) -> Series:
    _positive("sigma", sigma)
    return np.asarray(gaussian_filter1d(series, sigma, mode="nearest", truncate=REACH))


def _savgol(series: Series, window: int = 31, order: int = 3) -> Series:
    _odd(window)
    if not 0 <= order < window:
        raise ConfigError(f"Savitzky-Golay order is {order}; expected 0 to window - 1 ({window}).")
    from scipy.signal import savgol_filter  # a second of start-up, for this filter alone

    return np.asarray(savgol_filter(series, window, order, mode="nearest"))


def _median(series: Series, window: int = 17) -> Series:
    _odd(window)
    return np.asarray(median_filter(series, size=window, mode="nearest"))


def _causal(series: Series, sigma: float = 8.0, kernel: Any = "gaussian") -> Series:
    smoother = CausalSmoother(sigma, kernel)
    if kernel == "gaussian" and len(series) and np.isfinite(series).all():
        return smoother.whole(series)
    return np.array([smoother.push(value) for value in series.tolist()])


def _positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise ConfigError(f"Smoothing option {name} is {value}; expected a number above 0.")


def _odd(window: int) -> None:
    if window < 1 or window % 2 == 0:
        raise ConfigError(f"Smoothing option window is {window}; expected an odd number of frames.")


_FILTERS: dict[str, tuple[Callable[..., Series], tuple[str, ...]]] = {
    "none": (_none, ()),
    "gaussian": (_gaussian, ("sigma",)),
    "savgol": (_savgol, ("window", "order")),
    "median": (_median, ("window",)),
    "causal": (_causal, ("sigma", "kernel")),
}
KINDS = tuple(_FILTERS)
