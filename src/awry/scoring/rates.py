"""How well a rate is known from a count."""

from __future__ import annotations

from scipy.special import gammaincinv

from awry.scoring.tail import CONFIDENCE


def rate_interval(count: int, length: float) -> tuple[float, float]:
    """The exact 95 % interval of the rate of a Poisson process (Garwood, 1936).

    Args:
        count: what was counted; 0 or more.
        length: over which time; above 0. The rate is per unit of it.

    Returns:
        lowest and highest rate; the lowest is 0 where nothing was counted.

    >>> low, high = rate_interval(0, 1.0)
    >>> low, round(high, 3)
    (0.0, 3.689)
    """
    outside = (1 - CONFIDENCE) / 2
    low = float(gammaincinv(count, outside)) if count else 0.0
    return low / length, float(gammaincinv(count + 1, 1 - outside)) / length
