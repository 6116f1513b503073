"""How rare a value is: by rank, and beyond what was seen by a tail."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from awry.scoring.rarity import Rarity, log_probability


def test_normal_values_come_out_as_they_are() -> None:
    values = norm.ppf((np.arange(4000) + 0.5) / 4000)
    seen = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(Rarity.of(values).deviate(seen), seen, atol=0.25)


def test_the_unit_of_the_values_does_not_matter() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=500)
    seen = np.linspace(values.min(), 3 * values.max(), 50)
    one, other = Rarity.of(values), Rarity.of(100 * values + 7)
    np.testing.assert_allclose(one.deviate(seen), other.deviate(100 * seen + 7), rtol=1e-9)


def test_beyond_all_that_was_seen_values_are_still_told_apart() -> None:
    """A uniform distribution ends: a bounded tail would give all of them one probability."""
    rarity = Rarity.of(np.linspace(0, 1, 200))
    seen = rarity.deviate(np.linspace(0.5, 1000, 5000))
    assert np.isfinite(seen).all()
    assert (np.diff(seen) > 0).all()


def test_an_exponential_tail_goes_on_as_it_is() -> None:
    values = -np.log(1 - (np.arange(5000) + 0.5) / 5000)
    ten = Rarity.of(values).deviate(np.array([10.0]))
    assert log_probability(ten)[0] == pytest.approx(-10, abs=0.5)


@pytest.mark.parametrize("values", [[1.0], [2.0] * 50, [1.0, 2.0, 4.0]])
def test_few_or_equal_values_still_compare(values: list[float]) -> None:
    rarity = Rarity.of(np.array(values))
    low, high = rarity.deviate(np.array([np.mean(values), np.max(values) + 1]))
    assert low == pytest.approx(0)
    assert high > 0.5


def test_many_values_at_the_bottom_are_all_alike() -> None:
    """A frame without an object has the lowest score there is, as have half of the others."""
    rarity = Rarity.of(np.concatenate([np.zeros(100), np.linspace(1, 2, 100)]))
    zero, one = rarity.deviate(np.array([0.0, 1.5]))
    assert zero < 0 < one


def test_below_all_that_was_seen_values_are_still_told_apart() -> None:
    """A test clip may be calmer than every held-back frame."""
    held_back = 10 + np.abs(np.random.default_rng(0).normal(size=500))
    rarity = Rarity.of(held_back)
    calm = np.linspace(0, held_back.min(), 50)
    found = rarity.deviate(calm)
    assert (np.diff(found) > 0).all()
    assert found[-1] == pytest.approx(rarity.deviates[0], abs=0.02)
    # On as from the median to the lowest, then ever slower.
    slope = -rarity.deviates[0] / (np.median(held_back) - held_back.min())
    steps = np.diff(found)
    assert steps[-1] == pytest.approx(slope * (calm[-1] - calm[-2]), rel=0.6)
    assert (np.diff(steps) > 0).all()
    assert found[0] > -12


def test_below_most_of_equal_values_nothing_grows() -> None:
    """More than half have the lowest value: it is usual, and so is what lies below."""
    rarity = Rarity.of(np.concatenate([np.full(900, 5.0), np.linspace(5, 9, 100)]))
    assert np.isfinite(rarity.deviate(np.array([-1e9, 4.0]))).all()


def test_nothing_said_stays_so() -> None:
    rarity = Rarity.of(np.array([np.nan, *np.linspace(0, 1, 50)]))
    for calibration in ("tail", "standard"):
        found = rarity.deviate(np.array([np.nan, 0.5]), calibration)
        assert np.isnan(found[0])
        assert found[1] == pytest.approx(0, abs=0.05)


def test_standard_is_the_distance_from_the_mean_in_deviations() -> None:
    values = np.arange(101.0)
    found = Rarity.of(values).deviate(np.array([50.0, 500.0]), "standard")
    np.testing.assert_allclose(found, [0, 450 / values.std()])


def test_what_is_written_is_read() -> None:
    rarity = Rarity.of(np.random.default_rng(1).normal(size=100))
    again = Rarity.from_vector(rarity.to_vector())
    np.testing.assert_array_equal(again.to_vector(), rarity.to_vector())
    for wrong in (rarity.to_vector()[:-1], np.full_like(rarity.to_vector(), np.nan)):
        with pytest.raises(ValueError, match="not the numbers"):
            Rarity.from_vector(wrong)
    with pytest.raises(ValueError, match="cannot be"):
        Rarity.from_vector(-rarity.to_vector())


def test_a_value_s_place_in_an_array_does_not_matter() -> None:
    """Low, usual and high values are reckoned apart, whatever stands beside them."""
    rarity = Rarity.of(np.random.default_rng(2).exponential(size=300))
    values = np.array([[-2.0, 0.0, 0.5], [np.nan, 9.0, 1e6]])
    found = rarity.deviate(values)
    assert found.shape == values.shape
    alone = [[float(rarity.deviate(np.array([one]))[0]) for one in row] for row in values]
    np.testing.assert_array_equal(found, np.array(alone))
    assert rarity.deviate(np.empty(0)).shape == (0,)
    assert found[0, 0] < found[0, 1] < found[0, 2] < found[1, 1] < found[1, 2]
