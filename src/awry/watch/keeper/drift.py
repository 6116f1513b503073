"""Whether scores are still those that the detector was calibrated on, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

REFERENCE_S = 86_400.0
"""The reference is made of the first day of a detector's scores in a light mode ..."""
REFERENCE_HOURS = 6.0
"""... once it holds so many hours of scores."""
LEAST_SCORES = 300
"""An hour with fewer scores says nothing."""
UNSTABLE = 0.25
"""The population stability index from which on a distribution counts as another."""
FAR = 0.2
"""The Kolmogorov-Smirnov distance that is asked for beside it."""
LASTING_HOURS = 6
"""Drift is said after so many hours on end, and taken back after as many without."""
_QUANTILES = 101
_BINS = 10
_LEAST_SHARE = 1e-4

Scores = NDArray[np.floating[Any]]


def quantiles(scores: Scores) -> list[float]:
    """101 quantiles, from the lowest score to the highest, of scores (n,); NaN do not count."""
    known = np.asarray(scores, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return []
    return [float(one) for one in np.quantile(known, np.linspace(0, 1, _QUANTILES))]


def stability(reference: Sequence[float], scores: Scores) -> float | None:
    """The population stability index of scores over ten bins of the reference.

    The sum over bins of (share now - share then) * ln(share now / share then); shares below 0.0001
    count as that.

    Args:
        reference: 101 quantiles.
        scores: (n,); NaN do not count.

    Returns:
        0 and more; None: too few scores, or no reference.

    >>> stability(quantiles(np.arange(1000.0)), np.arange(1000.0)) < 0.01
    True
    """
    known = _known(scores)
    if known is None or not reference:
        return None
    edges = np.unique(np.asarray(reference)[_BINS : _QUANTILES - 1 : _BINS])
    below = np.searchsorted(np.asarray(reference), edges, side="right") / _QUANTILES
    then = np.diff(np.concatenate([[0.0], below, [1.0]]))
    places = np.searchsorted(edges, known, side="left")
    now = np.bincount(places, minlength=len(edges) + 1) / len(known)
    then, now = np.maximum(then, _LEAST_SHARE), np.maximum(now, _LEAST_SHARE)
    return float(np.sum((now - then) * np.log(now / then)))


def distance(reference: Sequence[float], scores: Scores) -> float | None:
    """The Kolmogorov-Smirnov distance of scores from the reference, to about 0.01.

    Returns:
        in [0, 1]; None: too few scores, or no reference.
    """
    known = _known(scores)
    if known is None or not reference:
        return None
    points = np.asarray(reference)
    ordered = np.sort(known)
    gaps = []
    for side in ("left", "right"):
        then = np.searchsorted(points, points, side=side) / _QUANTILES
        now = np.searchsorted(ordered, points, side=side) / len(ordered)
        gaps.append(np.abs(then - now).max())
    return float(max(gaps))


def _known(scores: Scores) -> NDArray[np.float64] | None:
    known = np.asarray(scores, np.float64)
    known = known[np.isfinite(known)]
    return known if len(known) >= LEAST_SCORES else None


@dataclass(frozen=True, slots=True)
class Hour:
    """How far an hour was from the reference; None where it says nothing."""

    stability: float | None
    distance: float | None

    @property
    def differs(self) -> bool | None:
        """Whether its scores are others; None: unknown."""
        if self.stability is None or self.distance is None:
            return None
        return self.stability > UNSTABLE and self.distance > FAR


def drifted(hours: Sequence[Hour], before: bool) -> bool:
    """Whether a camera has drifted.

    Args:
        hours: in order of time, the newest last; those that say nothing do not count.
        before: whether it had.
    """
    known = [hour.differs for hour in hours if hour.differs is not None][-LASTING_HOURS:]
    if len(known) < LASTING_HOURS:
        return before
    return any(known) if before else all(known)


def words(hour: Hour, light: str) -> str:
    """What is said of a camera that has drifted: a finding and a proposal."""
    return (
        f"For {LASTING_HOURS} hours the scores ({light}) have been others than in the detector's "
        f"first day: population stability index {hour.stability:.2f}, Kolmogorov-Smirnov distance "
        f"{hour.distance:.2f}. The budget is not promised any more. Look whether the camera or the "
        "scene has changed, and refit the detector if that is to stay."
    )
