"""Normalisation of a clip's scores; see docs/measurement.md."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from awry.errors import ConfigError, nearest

KINDS = ("none", "train", "clip", "window", "window_ahead")


def normalise(
    scores: NDArray[np.float64],
    kind: str,
    *,
    location: float | None = None,
    scale: float | None = None,
    window: int | None = None,
) -> NDArray[np.float64]:
    """Normalise one clip's scores.

    Args:
        scores: float64 (n,), finite.
        kind: `none`; `train`, `(score - location) / scale` with both from normal footage;
            `clip`, min-max over the clip, which looks ahead; `window`, min-max over the frame
            and the `window - 1` before it; `window_ahead`, min-max over the frame and the
            `window - 1` after it, near the clip's end over its last `window` frames. Where
            minimum and maximum are equal, which a constant clip has, the result is 0, as for any
            clip's lowest score.
        location, scale: for `train`.
        window: for `window` and `window_ahead`, in frames; longer than the clip: all of it.

    Returns:
        float64 (n,), in [0, 1] for `clip`, `window` and `window_ahead`.

    Raises:
        ConfigError: unknown kind, or its setting is missing or out of range.

    >>> normalise(np.array([1.0, 3.0, 2.0]), "clip").tolist()
    [0.0, 1.0, 0.5]
    """
    series = np.asarray(scores, np.float64)
    if kind == "none" or not series.size:
        return series.copy()
    if kind == "clip":  # DAML eq. 3
        return _min_max(series, series.min(), series.max())
    if kind == "train":
        if location is None or scale is None or not (np.isfinite(scale) and scale > 0):
            raise ConfigError(
                f"Normalisation 'train' has location {location} and scale {scale}; expected "
                "both, the scale above 0. They come from the calibration of a fitted bundle."
            )
        return np.asarray((series - location) / scale)
    if kind in ("window", "window_ahead"):
        if window is None or window < 1:
            raise ConfigError(f"Normalisation '{kind}' has window {window}; expected 1 or more.")
        ranged = _trailing if kind == "window" else _leading
        return ranged(series, min(window, len(series)))
    raise ConfigError(f"Unknown normalisation '{kind}': {nearest(kind, KINDS)}.")


def _trailing(series: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    # With the first value replicated before the clip, the windows that reach before it hold
    # nothing that they would not hold anyway.
    padded = np.concatenate([np.full(window - 1, series[0]), series])
    centre = slice(window // 2, window // 2 + len(series))
    low = minimum_filter1d(padded, window)[centre]
    high = maximum_filter1d(padded, window)[centre]
    return _min_max(series, low, high)


def _leading(series: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    windows = np.lib.stride_tricks.sliding_window_view(series, window)
    # The last frames have no whole window of their own and share the last one.
    first = np.minimum(np.arange(len(series)), len(windows) - 1)
    return _min_max(series, windows.min(1)[first], windows.max(1)[first])


def _min_max(
    series: NDArray[np.float64],
    low: NDArray[np.float64] | np.float64,
    high: NDArray[np.float64] | np.float64,
) -> NDArray[np.float64]:
    span = high - low
    return np.asarray(np.where(span > 0, (series - low) / np.where(span > 0, span, 1.0), 0.0))
