"""How rare a value is in normal footage: by its rank, and beyond what was seen by a fitted tail.

All systems' values become normal deviates: 0 is the median of held-back normal footage, and 3 is
as rare as three standard deviations above a mean. The tail is a generalised Pareto distribution,
fitted as for thresholds (`awry.scoring.tail`), but never a bounded one: what lies beyond all that
was seen must still be told apart, and so must what lies below it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri, ndtri_exp

from awry.scoring.tail import fit_pareto

Values = NDArray[np.float64]
Calibration = Literal["tail", "standard"]

LEVEL = 0.9
"""Above this quantile the tail is fitted."""
KNOTS = 64
FEWEST = 20
"""Of fewer values no tail is fitted: a normal distribution stands for them."""
_SIZE = 2 * KNOTS + 5


@dataclass(frozen=True, slots=True)
class Rarity:
    """What values of one kind are usual.

    Attributes:
        knots, deviates: float64 (KNOTS,), ascending values and their normal deviates.
        shape, scale: of the tail above the last knot; the scale is above 0.
        mean, deviation: of all values; the deviation is above 0.
        tailed: whether rank and tail are known; else the normal distribution counts.
    """

    knots: Values
    deviates: Values
    shape: float
    scale: float
    mean: float
    deviation: float
    tailed: bool
    _steps: tuple[Values, Values] = field(init=False, repr=False, compare=False)
    """Values and their deviates, each value once: equal knots share the mean of their deviates."""

    def __post_init__(self) -> None:
        knots, place = np.unique(self.knots, return_inverse=True)
        deviates = np.bincount(place, self.deviates) / np.bincount(place)
        object.__setattr__(self, "_steps", (knots, deviates))

    @classmethod
    def of(cls, values: Values) -> Rarity:
        """Measured on values of normal footage, float64 (n,), n >= 1; NaN is left out."""
        known = np.sort(values[np.isfinite(values)])
        mean = float(known.mean())
        spread = float(known.std())
        deviation = spread if spread > 1e-9 * max(abs(mean), 1e-9) else 1.0
        shares = np.linspace(0.5 / len(known), LEVEL, KNOTS)
        knots = np.quantile(known, shares)
        excesses = known[known > knots[-1]] - knots[-1]
        tailed = len(known) >= FEWEST and len(excesses) >= 2 and knots[-1] > knots[0]
        shape, scale = 0.0, deviation
        if tailed:
            if np.ptp(excesses) > 0:
                shape = max(0.0, float(fit_pareto(excesses)[0]))
            scale = max(float(excesses.mean()) * (1 - shape), 1e-3 * deviation)
        return cls(knots, ndtri(shares), shape, scale, mean, deviation, tailed)

    def deviate(self, values: Values, calibration: Calibration = "tail") -> Values:
        """The normal deviates of values of any shape; NaN stays."""
        if calibration == "standard" or not self.tailed:
            return (values - self.mean) / self.deviation
        # Most of a map is neither low nor high, and logarithms are slow.
        found = np.asarray(np.interp(values, *self._steps))
        low, high = values < self.knots[0], values > self.knots[-1]
        if low.any():
            found[low] -= self._below(values[low])
        if high.any():
            found[high] = self._beyond(values[high])
        return found

    def _beyond(self, values: Values) -> Values:
        """The deviates of values above the last knot, by the tail."""
        beyond = np.nan_to_num(values) - self.knots[-1]
        log_share = -beyond / self.scale
        if self.shape > 0:
            log_share = -np.log1p(self.shape * beyond / self.scale) / self.shape
        deviates = -ndtri_exp(np.log1p(-LEVEL) + log_share)
        return np.asarray(np.maximum(deviates, self._steps[1][-1]))

    def _below(self, values: Values) -> Values:
        """What is taken off below all that was seen: as from the median to the lowest, then less.

        Footage may be calmer by far than what was held back, and is to be told apart all the same;
        but how calm it is must not drown what others say, nor make its level differ much.
        """
        knots, deviates = self._steps
        middle = float(np.interp(0.0, deviates, knots))
        slope = max(0.0, -deviates[0]) / max(middle - knots[0], 0.1 * self.deviation)
        return np.asarray(np.log1p((knots[0] - np.nan_to_num(values)) * slope))

    def to_vector(self) -> Values:
        """All of it as float64 (133,)."""
        rest = [self.shape, self.scale, self.mean, self.deviation, float(self.tailed)]
        return np.concatenate([self.knots, self.deviates, rest])

    @classmethod
    def from_vector(cls, vector: Values) -> Rarity:
        """Take back what `to_vector` gave.

        Raises:
            ValueError: it is something else.
        """
        if vector.shape != (_SIZE,) or not np.isfinite(vector).all():
            raise ValueError("not the numbers of one rarity")
        knots, deviates, rest = np.split(vector, [KNOTS, 2 * KNOTS])
        shape, scale, mean, deviation, tailed = (float(value) for value in rest)
        if min(scale, deviation) <= 0 or shape < 0 or (np.diff(knots) < 0).any():
            raise ValueError("a rarity that cannot be")
        return cls(knots, deviates, shape, scale, mean, deviation, bool(tailed))


def log_probability(deviates: Values) -> Values:
    """log of the probability of a normal deviate at least so high."""
    return np.asarray(log_ndtr(-deviates), np.float64)
