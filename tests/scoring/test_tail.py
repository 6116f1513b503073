from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import genpareto

from awry.scoring.budget import Budget, choose_threshold
from awry.scoring.events import EventOptions, find_runs
from awry.scoring.normal_alarms import observe_alarms
from awry.scoring.tail import LARGEST_SHAPE, Tail, find_tail, fit_pareto
from support import exponential_scores

PLAIN = EventOptions(hysteresis=0.0, merge_gap=0, min_length=1)
OPTIONS = EventOptions()
ASKED = 2.0
HOURS = 50


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.3])
def test_the_fit_finds_the_tail_that_was_drawn(shape: float) -> None:
    drawn = genpareto.rvs(shape, scale=2.0, size=20_000, random_state=0)
    found = fit_pareto(drawn)
    assert found[0] == pytest.approx(shape, abs=0.03)
    assert found[1] == pytest.approx(2.0, abs=0.06)
    stacked = fit_pareto(np.stack([drawn, 5 * drawn]))
    assert stacked[0] == pytest.approx([found[0]] * 2)
    assert stacked[1] == pytest.approx([found[1], 5 * found[1]])


def test_few_peaks_cannot_give_an_absurd_shape() -> None:
    wild = np.array([0.01] * 200 + [1e6])
    assert fit_pareto(wild)[0] == LARGEST_SHAPE
    assert fit_pareto(1.0 + 1e-6 * np.arange(200))[0] == -LARGEST_SHAPE
    # Ten peaks whose own estimate lies at the bound count a third.
    assert 0 < float(fit_pareto(np.array([0.01] * 9 + [1e6]))[0]) < LARGEST_SHAPE


@pytest.mark.parametrize("alarms", [1e-6, 0.3, 5.0])
def test_the_threshold_is_the_fitted_distributions(alarms: float) -> None:
    peaks = 3.0 + np.random.default_rng(0).exponential(size=60)
    tail = Tail(3.0, tuple(np.sort(peaks)[::-1]))
    _, scale = fit_pareto(peaks - 3.0)
    expected = 3.0 + genpareto.isf(alarms / 60, tail.shape, scale=scale)
    assert tail.threshold(alarms) == pytest.approx(expected)
    low, high = tail.interval(alarms)
    assert low <= tail.threshold(alarms) <= high
    assert tail.interval(alarms) == (low, high)


def test_peaks_are_those_of_merged_runs() -> None:
    scores = np.random.default_rng(0).uniform(0, 0.1, 1000)
    for number, place in enumerate(range(50, 950, 60)):
        scores[[place, place + 4]] = 5.0 + number, 3.0
    tail = find_tail([scores[:500], scores[500:]], EventOptions(0.0, 5, 1), 0.05)
    assert tail is not None
    assert tail.peaks[:15] == tuple(19.0 - number for number in range(15))


def test_a_peak_that_is_too_short_for_an_alarm_counts_where_it_is_long_enough() -> None:
    scores = np.random.default_rng(0).uniform(0, 0.1, 1000)
    for number, place in enumerate(range(50, 950, 60)):
        scores[place : place + 3] = 5.0 + number, 50.0, 5.0 + number
    tail = find_tail([scores], EventOptions(0.0, 0, 3), 0.05)
    assert tail is not None
    assert tail.peaks[:15] == pytest.approx([19.0 - number for number in range(15)])
    for peak in tail.peaks[:15]:
        above, below = (find_runs(scores, peak + d, EventOptions(0.0, 0, 3)) for d in (1e-6, -1e-6))
        assert len(below) == len(above) + 1


@pytest.mark.parametrize(
    "scores",
    [
        np.full(500, 3.0),
        np.zeros(1),
        np.linspace(0, 1, 500),
        np.tile(np.repeat([0.0, 1.0], 20), 20),  # peaks that do not vary
    ],
)
def test_without_separate_peaks_that_vary_there_is_no_tail(scores: np.ndarray) -> None:
    assert find_tail([scores], OPTIONS, float(scores.mean())) is None


@cache
def long_footage() -> np.ndarray:
    return exponential_scores(HOURS * 36_000, seed=12_345)


def rate(threshold: float) -> float:
    """False alarms an hour in the long footage."""
    return len(find_runs(long_footage(), threshold, OPTIONS, 1.0)) / HOURS


@cache
def calibrated(minutes: int, seed: int) -> tuple[float, tuple[float, float]]:
    frames = minutes * 600
    normal = observe_alarms([exponential_scores(frames, seed)], OPTIONS)
    threshold, interval, _ = choose_threshold(normal, frames, minutes * 60.0, Budget(ASKED))
    assert interval is not None
    return threshold, interval


@pytest.mark.parametrize("minutes", [2, 10])
def test_minutes_of_footage_keep_a_budget_by_the_hour(minutes: int) -> None:
    """The shape of some 50 peaks has a standard deviation near 0.13, which moves the level that
    is looked for by 1 to 1.5 scales of the tail. One scale is a factor e of an exponential
    tail's rate: a single calibration is off by a factor of 3 to 5, either way, and the median
    of fifteen, whose standard deviation is a third of that, by less than 3 even at two of them.
    Without the tail, at the highest score, 2 minutes would give 30 an hour."""
    rates = [rate(calibrated(minutes, seed)[0]) for seed in range(15)]
    assert ASKED / 3 < np.median(rates) < ASKED * 3


def test_the_interval_holds_the_true_level_in_most_repeats() -> None:
    """Nominally 38 of 40; fewer than 34 would have a probability of 0.3 % at 95 %."""
    low, high = 4.0, 20.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > ASKED else (low, middle)
    true = high
    intervals = [calibrated(10, seed)[1] for seed in range(40)]
    assert sum(below <= true <= above for below, above in intervals) >= 34
    # An interval that held everything would say nothing.
    assert np.median([above for _, above in intervals]) < 2 * true
    assert np.median([below for below, _ in intervals]) > true / 2


def test_the_interval_is_wide_where_the_footage_is_short() -> None:
    widths = [
        np.median([np.ptp(calibrated(minutes, seed)[1]) for seed in range(15)])
        for minutes in (2, 10)
    ]
    assert widths[0] > 1.5 * widths[1]
