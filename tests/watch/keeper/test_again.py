"""Events found again: squeezed scores, stretches that touch, time that was scored."""

from __future__ import annotations

import numpy as np
import pytest

from awry.scoring.events import EventOptions
from awry.watch.keeper.again import (
    events_of,
    find_again,
    first_touching,
    scored_seconds,
    squeezed,
)
from awry.watch.keeper.events import Level
from awry.watch.store.scores import ScoreSpan

OPTIONS = EventOptions(hysteresis=0.1, merge_gap=2, min_length=2)


def span(chance: np.random.Generator, count: int) -> ScoreSpan:
    """Scores of some connections and lights, NaN among them."""
    scores = np.repeat(chance.choice([0.1, 0.8, 0.95, 1.2, 2.0, np.nan], count // 2), 2)
    breaks = chance.random(count) < 0.05
    lights = (np.cumsum(chance.random(count) < 0.05) % 2).astype(np.uint8)
    times = np.arange(count) / 10 + np.cumsum(breaks) * 5.0
    return ScoreSpan(times, scores.astype(np.float32), lights, np.cumsum(breaks).astype(np.int32))


def found(scores: ScoreSpan, levels: dict[str, Level]) -> list[object]:
    runs = find_again(scores, levels, 5.0)
    return list(events_of(scores, runs, ("door", "b"), levels, 5.0))


@pytest.mark.parametrize("seed", range(6))
def test_squeezed_scores_give_the_same_events_at_their_levels_and_higher(seed: int) -> None:
    chance = np.random.default_rng(seed)
    scores = span(chance, 2000)
    lowest = {"day": Level(0.9, 0.0, OPTIONS), "infrared": Level(None, 0.0, OPTIONS)}
    less = squeezed(scores, lowest)
    assert len(less.times) < len(scores.times)
    for threshold in (0.9, 1.0, 1.5):
        levels = {**lowest, "day": Level(threshold, 0.0, OPTIONS)}
        assert found(less, levels) == found(scores, levels) != []


def test_a_long_one_is_cut() -> None:
    scores = ScoreSpan(
        np.arange(200) / 10, np.full(200, 2.0, np.float32), np.zeros(200, np.uint8),
        np.zeros(200, np.int32),
    )  # fmt: skip
    levels = {"day": Level(1.0, 0.0, OPTIONS)}
    (run,) = find_again(scores, levels, 5.0)
    assert (run.first, run.last, run.cut) == (0, 199, True)
    assert [round(one.end - one.start, 1) for one in found(scores, levels)] == [5.0, 5.0, 5.0, 4.6]  # type: ignore[attr-defined]


def test_the_first_that_shares_time() -> None:
    others = [(0.0, 10.0), (2.0, 3.0), (20.0, 21.0)]
    assert first_touching([5, 2.5, 10, 11, 21, 22], [6, 2.6, 20, 19, 30, 23], others) == [
        0, 0, 0, None, 2, None,
    ]  # fmt: skip
    assert first_touching([1.0], [2.0], []) == [None]


def test_gaps_are_no_scored_time() -> None:
    times = np.concatenate([np.arange(100) / 10, 1000 + np.arange(100) / 10])
    kinds = np.zeros(200, np.uint8), np.zeros(200, np.int32)
    scores = ScoreSpan(times, np.ones(200, np.float32), *kinds)
    assert scored_seconds(scores) == pytest.approx(20.0, abs=1.0)
    assert find_again(ScoreSpan(*(one[:0] for one in (times, times, *kinds))), {}, 5.0) == []
