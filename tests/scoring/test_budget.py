from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import ConfigError
from awry.scoring.budget import Budget, choose_threshold
from awry.scoring.events import EventOptions, find_runs

PLAIN = EventOptions(hysteresis=0.0, merge_gap=0, min_length=1)


def threshold(scores: np.ndarray, budget: Budget, options: EventOptions = PLAIN) -> float:
    """At 10 frames a second."""
    return choose_threshold([scores], len(scores) / 10, budget, options)[0]


@pytest.mark.parametrize(
    ("text", "alarms", "unit"),
    [
        ("2/hour", 2.0, "hour"),
        ("0.5/hour", 0.5, "hour"),
        ("2/1000frames", 2.0, "1000 frames"),
        (" 3 / 1000 frames ", 3.0, "1000 frames"),
    ],
)
def test_budgets_are_read_and_written(text: str, alarms: float, unit: str) -> None:
    budget = Budget.parse(text)
    assert budget == Budget(alarms, unit)
    assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize("text", ["", "2", "two/hour", "-1/hour", "0/hour", "2/day", "nan/hour"])
def test_nonsense_is_no_budget(text: str) -> None:
    with pytest.raises(ConfigError, match="Cannot read the alarm budget"):
        Budget.parse(text)


def spikes() -> np.ndarray:
    """An hour at 10 frames a second with five single peaks, 10 to 14."""
    scores = np.random.default_rng(0).uniform(0, 1, 36_000)
    scores[[1000, 9000, 15_000, 22_000, 30_000]] = [10, 11, 12, 13, 14]
    return scores


def test_the_threshold_lets_the_budgeted_number_of_alarms_through() -> None:
    chosen, how = choose_threshold([spikes()], 3600.0, Budget(2.0), PLAIN)
    assert chosen == 12.0
    assert len(find_runs(spikes(), chosen, PLAIN)) == 2
    assert how == (
        "60 min of normal footage gave 2 alarms at this threshold; the budget is 2 alarms an hour."
    )


def test_alarms_are_counted_after_merging() -> None:
    scores = np.random.default_rng(0).uniform(0, 1, 36_000)
    scores[[1000, 1004, 1008, 5000]] = [10, 11, 12, 9]
    assert threshold(scores, Budget(2.0), EventOptions(0.0, 5, 1)) < 9.0
    assert threshold(scores, Budget(2.0), PLAIN) == 10.0


def test_alarms_of_all_clips_count() -> None:
    chosen, _ = choose_threshold([spikes()[:20_000], spikes()[20_000:]], 3600.0, Budget(2.0), PLAIN)
    assert chosen == 12.0


def test_a_generous_budget_is_not_kept_by_one_endless_alarm() -> None:
    scores = np.random.default_rng(0).uniform(0, 1, 36_000)
    assert threshold(scores, Budget(1e6)) == pytest.approx(0.95, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), budget=st.floats(1.0, 40.0))
def test_the_budget_is_kept_at_the_threshold_and_above(seed: int, budget: float) -> None:
    scores = np.cumsum(np.random.default_rng(seed).normal(size=3000)) * 0.1
    options = EventOptions()
    chosen, _ = choose_threshold([scores], None, Budget(budget, "1000 frames"), options)
    for level in np.linspace(chosen, scores.max(), 9):
        runs = find_runs(scores, level, options, float(scores.mean()))
        assert len(runs) <= 3 * budget


def test_the_threshold_is_the_exact_score_at_which_the_budget_breaks() -> None:
    scores = np.random.default_rng(3).normal(size=20_000)
    chosen, _ = choose_threshold([scores], None, Budget(5.0, "1000 frames"), PLAIN)
    below = scores[scores < chosen].max()
    assert len(find_runs(scores, chosen, PLAIN)) <= 100
    assert len(find_runs(scores, below, PLAIN)) > 100


def test_short_footage_is_extrapolated_and_says_so() -> None:
    chosen, how = choose_threshold([np.linspace(0, 1, 255)], 25.0, Budget(2.0), PLAIN)
    assert chosen == pytest.approx(1.05)
    assert how.startswith("Extrapolated: footage of 25 s cannot show 2 alarms an hour")
    assert threshold(np.full(20, 3.0), Budget(2.0)) > 3.0
    assert threshold(np.zeros(20), Budget(2.0)) > 0.0


def test_an_unknown_rate_is_counted_by_frames() -> None:
    chosen, how = choose_threshold([spikes()], None, Budget(2.0), PLAIN)
    assert "2 alarms in 1000 frames (frame rate unknown" in how
    assert 60 < len(find_runs(spikes(), chosen, PLAIN)) <= 72
