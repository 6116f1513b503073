from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.evaluation.metrics.event import true_runs
from awry.evaluation.metrics.nab import (
    FEW_FALSE_POSITIVES,
    FEW_MISSED,
    STANDARD,
    NabProfile,
    nab_score,
    nab_sums,
)

Run = tuple[int, int]
LENGTH = 40


def score(
    alarms: list[Run], truth: list[Run], length: int = LENGTH, profile: NabProfile = STANDARD
) -> float:
    sums = nab_sums([alarms], [truth], [length], profile)
    return float(nab_score(sums, np.ones((1, 1)), profile)[0])


def test_perfect_silent_and_without_events() -> None:
    truth = [(10, 19), (30, 34)]
    for profile in (STANDARD, FEW_FALSE_POSITIVES, FEW_MISSED):
        assert score([(10, 10), (30, 31)], truth, profile=profile) == pytest.approx(1)
        assert score([], truth, profile=profile) == 0
    assert math.isnan(score([(1, 2)], []))


@pytest.mark.parametrize(
    ("alarms", "raw"),
    [
        # The sigmoid's values as the benchmark gives them: 0.98661 at -1 and 1, 0.84828 at -0.5.
        ([(15, 19)], 0.84828 / 0.98661),
        ([(15, 15), (17, 17)], 0.84828 / 0.98661),
        ([(10, 10), (28, 28)], 1 - 0.11 * 0.98661),  # nine frames behind, the window's width
        ([(3, 4), (10, 19)], 1 - 2 * 0.11),  # before any window
        ([(5, 5)], -1 - 0.11),
    ],
)
def test_the_raw_score_by_hand(alarms: list[Run], raw: float) -> None:
    assert score(alarms, [(10, 19)]) == pytest.approx((raw + 1) / 2, abs=1e-5)


def test_profiles_weigh_what_they_are_called_for() -> None:
    truth, alarms = [(10, 19), (30, 34)], [(5, 5), (10, 10), (30, 30)]
    standard = score(alarms, truth)
    assert standard == pytest.approx(1 - 0.11 / 4)
    assert score(alarms, truth, profile=FEW_FALSE_POSITIVES) == pytest.approx(1 - 0.22 / 4)
    # Both ends move with what a miss costs: false positives weigh less between them.
    assert score(alarms, truth, profile=FEW_MISSED) == pytest.approx(1 - 0.11 / 6)


def test_an_endless_alarm_over_mostly_normal_footage_is_worse_than_silence() -> None:
    assert score([(0, 999)], [(500, 509)], 1000) < -10


marks = st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH)


@settings(max_examples=100, deadline=None)
@given(found=marks, true=marks)
def test_the_score_is_that_of_a_walk_over_frames(found: list[bool], true: list[bool]) -> None:
    truth = true_runs(np.array(true, np.uint8))
    if not truth:
        return
    sigmoid = lambda y: 2 / (1 + math.exp(5 * y)) - 1  # noqa: E731
    raw, behind = 0.0, None
    earned: dict[Run, float] = dict.fromkeys(truth, -1.0)
    for frame in range(LENGTH):
        window = next((run for run in truth if run[0] <= frame <= run[1]), None)
        if window is not None:
            width = window[1] - window[0] + 1
            place = -(window[1] - frame + 1) / width
            if found[frame]:
                earned[window] = max(earned[window], sigmoid(place) / sigmoid(-1))
            behind = window
        elif found[frame]:
            width = behind[1] - behind[0] if behind else 0
            place = (frame - behind[1]) / width if behind and width else 3.0
            raw += 0.11 * (sigmoid(place) if place < 3 else -1)
    raw += sum(earned.values())
    expected = (raw + len(truth)) / (2 * len(truth))
    got = score(true_runs(np.array(found, np.uint8)), truth)
    assert got == pytest.approx(expected)
