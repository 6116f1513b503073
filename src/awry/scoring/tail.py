"""Peaks over threshold: what the highest moments of short normal footage say of rarer ones.

Alarms far apart are nearly independent, frames are not. Scores are therefore first merged into
clusters, as alarms are; the clusters' peaks above a high level follow a generalised Pareto
distribution (Pickands 1975; Coles, An Introduction to Statistical Modeling of Extreme Values,
2001, chapter 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import boxcox

from awry.scoring.events import EventOptions, find_runs

Series = NDArray[np.float64]
# Fewer say nothing of a tail's shape.
FEWEST_PEAKS = 8
# More peaks would mean a lower level, where the tail's form is not reached yet.
ENOUGH_PEAKS = 50
LEVELS = (0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
LARGEST_SHAPE = 0.5
# The shape's estimate has a variance of about 1.33 / n near 0 (Hosking and Wallis 1987). Against
# a spread of 0.25 between kinds of scores, n peaks then deserve the weight n / (n + 20).
PEAKS_WORTH_OF_ZERO_SHAPE = 20
CONFIDENCE = 0.95
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Tail:
    """The highest moments of normal footage.

    Attributes:
        level: above it the peaks are modelled.
        peaks: of each cluster the threshold below which it is an alarm, descending; at least 8,
            not all equal. It is the cluster's maximum unless `EventOptions.min_length` asks
            for more frames than lie near it.
    """

    level: float
    peaks: tuple[float, ...]

    @property
    def shape(self) -> float:
        """Of the generalised Pareto distribution, in [-0.5, 0.5]; 0 is an exponential tail."""
        return float(fit_pareto(self._excesses())[0])

    def threshold(self, alarms: float) -> float:
        """The threshold that so many alarms exceed in footage of the same length.

        Args:
            alarms: greater than 0, at most the number of peaks; may well be below 1.
        """
        shape, scale = fit_pareto(self._excesses())
        return self.level + float(_exceeded_by(alarms / len(self.peaks), shape, scale))

    def interval(self, alarms: float) -> tuple[float, float]:
        """The 95 % interval of `threshold`, which lies inside.

        Parametric bootstrap, 1000 resamples, always the same ones: the number of clusters is
        drawn from a Poisson distribution, their peaks from the fitted tail, and the tail is
        fitted anew.
        """
        count = len(self.peaks)
        shape, scale = fit_pareto(self._excesses())
        generator = np.random.default_rng(0)
        counts = np.maximum(generator.poisson(count, RESAMPLES), 1)
        # In (0, 1]: a share of 0 lies at infinity.
        shares = 1.0 - generator.random((RESAMPLES, count))
        shapes, scales = fit_pareto(_exceeded_by(shares, shape, scale))
        levels = self.level + _exceeded_by(np.minimum(alarms / counts, 1.0), shapes, scales)
        outside = (1 - CONFIDENCE) / 2
        low, high = np.quantile(levels, [outside, 1 - outside])
        chosen = self.threshold(alarms)
        return min(float(low), chosen), max(float(high), chosen)

    def _excesses(self) -> Series:
        return np.array(self.peaks) - self.level


def find_tail(scores: Sequence[Series], options: EventOptions, normal: float) -> Tail | None:
    """The peaks above the highest level that has enough of them.

    Args:
        scores: float64 (n_i,) of each stretch of normal footage, finite.
        options: how frames are merged into alarms.
        normal: mean score of the footage; see `find_runs`.

    Returns:
        None where no level from the median up has 8 clusters, or their peaks do not vary.
    """
    pooled = np.concatenate(scores)
    level, clusters = float("nan"), [np.empty(0)][:0]
    for share in LEVELS:
        candidate = float(np.quantile(pooled, share))
        tails = [
            series[first : last + 1]
            for series in scores
            for first, last in find_runs(series, candidate, options, normal)
        ]
        if len(tails) > len(clusters):
            level, clusters = candidate, tails
        if len(clusters) >= ENOUGH_PEAKS:
            break
    peaks = sorted((_peak(cluster, level, options, normal) for cluster in clusters), reverse=True)
    if len(peaks) < FEWEST_PEAKS or peaks[0] == peaks[-1]:
        return None
    return Tail(level, tuple(peaks))


def fit_pareto(excesses: Series) -> tuple[Series, Series]:
    """Fit a generalised Pareto distribution by probability-weighted moments.

    Hosking and Wallis, Technometrics 29 (1987): for samples below some hundred and moderate
    shapes they beat maximum likelihood, which there may not even converge; they are in closed
    form, and scale with the scores. The shape is drawn towards 0, the more the fewer peaks
    there are, and kept in [-0.5, 0.5]; the scale then keeps the mean.

    Args:
        excesses: float64 (..., n), 0 or more, n >= 2, not all equal along the last axis.

    Returns:
        Shape and scale, (...) each.
    """
    count = excesses.shape[-1]
    ordered = np.sort(excesses, axis=-1)
    mean = ordered.mean(axis=-1)
    weighted = (ordered * (np.arange(count - 1, -1, -1) / (count - 1))).mean(axis=-1)
    shape = 2 - mean / (mean - 2 * weighted)
    shape = shape * count / (count + PEAKS_WORTH_OF_ZERO_SHAPE)
    shape = np.clip(shape, -LARGEST_SHAPE, LARGEST_SHAPE)
    return shape, mean * (1 - shape)


def _exceeded_by(share: Series | float, shape: Series, scale: Series) -> Series:
    """The excess that a share of the peaks exceeds; as scipy.stats.genpareto.isf, but light."""
    return np.asarray(-boxcox(share, -shape) * scale)


def _peak(cluster: Series, level: float, options: EventOptions, normal: float) -> float:
    """The threshold, from `level` up, at which the cluster stops being an alarm."""

    def alarms(threshold: float) -> bool:
        return bool(find_runs(cluster, threshold, options, normal))

    top = float(cluster.max())
    if alarms(float(np.nextafter(top, -np.inf))):
        return top
    # What alarms at a threshold alarms at every lower one, so halving finds the edge.
    low, high = level, top
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if alarms(middle) else (low, middle)
    return low
