from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.event import true_runs
from awry.evaluation.metrics.range_based import RangeOptions, range_rates, range_sums

Run = tuple[int, int]
LENGTH = 25


def rates(alarms: Any, truth: Any, length: int = LENGTH, **options: Any) -> dict[str, float]:
    sums = range_sums([alarms], [truth], [length], RangeOptions(**options))
    return {name: float(value[0]) for name, value in range_rates(sums, np.ones((1, 1))).items()}


@pytest.mark.parametrize(
    ("options", "recall"),
    [
        # Frames 0 to 9 are abnormal; 0, 1, 4 and 5 are found, in two pieces.
        ({}, 4 / 10 / 2),
        ({"cardinality": "one"}, 4 / 10),
        ({"alpha": 1.0}, 1.0),
        ({"alpha": 0.5}, 0.5 + 0.5 * 0.2),
        ({"cardinality": "one", "bias": "front"}, (10 + 9 + 6 + 5) / 55),
        ({"cardinality": "one", "bias": "back"}, (1 + 2 + 5 + 6) / 55),
        ({"cardinality": "one", "bias": "middle"}, (1 + 2 + 5 + 5) / 30),
    ],
)
def test_recall_by_hand(options: dict[str, Any], recall: float) -> None:
    found = rates([(0, 1), (4, 5)], [(0, 9)], **options)
    assert found["range_recall"] == pytest.approx(recall)
    assert found["range_precision"] == pytest.approx(1)
    assert found["range_f1"] == pytest.approx(2 * recall / (1 + recall))


def test_precision_by_hand() -> None:
    # The first alarm covers two events of two frames each, the second nothing.
    found = rates([(0, 9), (20, 21)], [(0, 1), (8, 9)])
    assert found["range_precision"] == pytest.approx((4 / 10 / 2 + 0) / 2)
    assert found["range_recall"] == 1
    # Existence is no part of precision.
    assert rates([(0, 9)], [(0, 1)], alpha=1.0)["range_precision"] == pytest.approx(0.2)


def test_what_does_not_exist() -> None:
    silent = rates([], [(0, 3)])
    assert math.isnan(silent["range_precision"])
    assert (silent["range_recall"], silent["range_f1"]) == (0, 0)
    normal = rates([(0, 3)], [])
    assert (normal["range_precision"], math.isnan(normal["range_recall"])) == (0, True)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="alarm from frame 3 to 99 leaves the clip"):
        rates([(3, 99)], [])
    with pytest.raises(ConfigError, match=r"alpha is 1\.5"):
        RangeOptions(alpha=1.5)


marks = st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH)


def reward(own: Run, others: list[Run], options: RangeOptions) -> tuple[float, bool]:
    """The paper's Fig. 2 and eq. 4 to 7, written out."""
    length = own[1] - own[0] + 1
    delta = {
        "flat": lambda i: 1,
        "front": lambda i: length - i + 1,
        "back": lambda i: i,
        "middle": lambda i: i if i <= length / 2 else length - i + 1,
    }[options.bias]
    most = sum(delta(i) for i in range(1, length + 1))
    pieces, mine = 0, 0.0
    for first, last in others:
        overlap = [i for i in range(1, length + 1) if first <= own[0] + i - 1 <= last]
        pieces += bool(overlap)
        mine += sum(delta(i) for i in overlap) / most
    factor = 1 / pieces if pieces > 1 and options.cardinality == "reciprocal" else 1
    return factor * mine, pieces > 0


@settings(max_examples=150, deadline=None)
@given(
    found=marks,
    true=marks,
    alpha=st.sampled_from([0.0, 0.3, 1.0]),
    cardinality=st.sampled_from(["one", "reciprocal"]),
    bias=st.sampled_from(["flat", "front", "back", "middle"]),
)
def test_figures_are_those_of_the_definition(
    found: list[bool], true: list[bool], alpha: float, cardinality: Any, bias: Any
) -> None:
    alarms, truth = (true_runs(np.array(one, np.uint8)) for one in (found, true))
    options = RangeOptions(alpha, cardinality, bias)
    got = rates(alarms, truth, alpha=alpha, cardinality=cardinality, bias=bias)
    if truth:
        each = [reward(own, alarms, options) for own in truth]
        recall = np.mean([alpha * there + (1 - alpha) * share for share, there in each])
        assert got["range_recall"] == pytest.approx(recall)
    if alarms:
        precision = np.mean([reward(own, truth, options)[0] for own in alarms])
        assert got["range_precision"] == pytest.approx(precision)


@settings(max_examples=30, deadline=None)
@given(found=marks, true=marks)
def test_ranges_of_one_frame_give_the_classical_figures(
    found: list[bool], true: list[bool]
) -> None:
    """The paper's own check: alpha 0, gamma 1, a flat bias, and ranges of unit size."""
    alarms = [(2 * n, 2 * n) for n, mark in enumerate(found) if mark]
    truth = [(2 * n, 2 * n) for n, mark in enumerate(true) if mark]
    if alarms and truth:
        got = rates(alarms, truth, 2 * LENGTH)
        assert got["range_precision"] == pytest.approx(precision_score(true, found))
        assert got["range_recall"] == pytest.approx(recall_score(true, found))
