"""Exact intervals of rates."""

from __future__ import annotations

import pytest
from scipy.stats import poisson

from awry.scoring.rates import rate_interval


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_the_ends_are_just_as_likely_as_the_confidence_says(count: int) -> None:
    low, high = rate_interval(count, 1.0)
    assert poisson.cdf(count, high) == pytest.approx(0.025)
    if count:
        assert poisson.sf(count - 1, low) == pytest.approx(0.025)
    else:
        assert low == 0.0


def test_it_is_by_unit_of_time() -> None:
    low, high = rate_interval(4, 1.0)
    assert rate_interval(4, 2.0) == (pytest.approx(low / 2), pytest.approx(high / 2))
