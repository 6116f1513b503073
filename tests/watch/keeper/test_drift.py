"""Drift: hours of scores against the first day's."""

from __future__ import annotations

import numpy as np
import pytest

from awry.watch.keeper.drift import Hour, distance, drifted, quantiles, stability, words

CHANCE = np.random.default_rng(0)
FIRST = CHANCE.normal(size=50_000)
REFERENCE = quantiles(FIRST)
SAME, OTHER, UNKNOWN = Hour(0.01, 0.02), Hour(0.5, 0.4), Hour(None, None)


def test_the_same_scores_are_no_drift() -> None:
    hour = CHANCE.normal(size=36_000)
    assert stability(REFERENCE, hour) == pytest.approx(0.0, abs=0.01)
    assert distance(REFERENCE, hour) == pytest.approx(0.0, abs=0.03)


def test_higher_scores_are_as_far_as_the_formulas_say() -> None:
    hour = CHANCE.normal(1.0, size=36_000)
    # The distance of two normal distributions one deviation apart is 2 * Phi(1/2) - 1.
    assert distance(REFERENCE, hour) == pytest.approx(0.383, abs=0.02)
    shares = np.histogram(hour, [-np.inf, *np.quantile(FIRST, np.arange(1, 10) / 10), np.inf])[0]
    now = shares / len(hour)
    wanted = float(np.sum((now - 0.1) * np.log(now / 0.1)))
    assert stability(REFERENCE, hour) == pytest.approx(wanted, rel=0.15)


def test_scores_of_one_value_can_be_measured() -> None:
    reference = quantiles(np.ones(1000))
    assert stability(reference, np.ones(400)) == pytest.approx(0.0, abs=1e-3)
    assert distance(reference, np.ones(400)) == pytest.approx(0.0, abs=1e-9)
    assert (distance(reference, np.full(400, 2.0)) or 0) > 0.9


def test_too_few_scores_say_nothing() -> None:
    few = np.r_[np.ones(299), np.full(50, np.nan)]
    assert stability(REFERENCE, few) is None
    assert distance([], np.ones(400)) is None
    assert quantiles(np.full(5, np.nan)) == []


def test_drift_is_said_after_six_hours_and_taken_back_after_six() -> None:
    assert not drifted([OTHER] * 5, before=False)
    assert drifted([OTHER] * 6, before=False)
    assert drifted([OTHER, UNKNOWN, *[OTHER] * 5], before=False)
    assert not drifted([OTHER, SAME, *[OTHER] * 5], before=False)
    assert drifted([SAME] * 5, before=True)
    assert drifted([OTHER, *[SAME] * 5], before=True)
    assert not drifted([OTHER, *[SAME] * 6], before=True)


def test_a_finding_and_a_proposal() -> None:
    said = words(OTHER, "day")
    assert "index 0.50" in said
    assert "distance 0.40" in said
    assert said.endswith("refit the detector if that is to stay.")
