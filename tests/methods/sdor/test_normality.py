from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.methods.sdor import SDORConfig
from awry.methods.sdor.normality import choose_in_groups, choose_labels, smoothed

Tiny = Callable[..., SDORConfig]


def test_a_tenth_and_a_fifth(tiny: Tiny) -> None:
    scores = np.random.default_rng(0).permutation(100).astype(float)
    labels = choose_labels(scores, tiny())
    assert sorted(scores[labels.abnormal]) == list(range(90, 100))
    assert sorted(scores[labels.normal]) == list(range(20))
    assert scores[labels.abnormal[0]] == 99


@given(
    values=st.lists(st.floats(-50, 50), min_size=2, max_size=60),
    high=st.floats(0.01, 0.5),
    low=st.floats(0.01, 0.49),
)
def test_never_both_and_never_empty(
    tiny: Tiny, values: list[float], high: float, low: float
) -> None:
    labels = choose_labels(np.array(values), tiny(abnormal_share=high, normal_share=low))
    assert len(labels.abnormal) >= 1
    assert len(labels.normal) >= 1
    assert not set(labels.abnormal) & set(labels.normal)
    assert labels.weights.sum() == pytest.approx(1)
    assert (labels.weights > 0).all()


def test_each_group_has_its_own_tenth(tiny: Tiny) -> None:
    scores = np.concatenate([np.arange(50.0), 1000 + np.arange(100.0)])
    groups = [np.arange(50), np.arange(50, 150)]
    labels = choose_in_groups(scores, groups, tiny())
    assert set(labels.abnormal) == {*range(45, 50), *range(140, 150)}
    assert set(labels.normal) == {*range(10), *range(50, 70)}
    assert labels.weights.sum() == pytest.approx(1)
    assert labels.weights[:5].sum() == pytest.approx(1 / 3)
    still = np.concatenate([np.zeros(50), np.arange(100.0)])
    assert choose_in_groups(still, groups, tiny()).abnormal.min() >= 140  # no label without a doubt
    assert len(choose_in_groups(np.zeros(150), groups, tiny()).abnormal) == 15
    whole = choose_in_groups(scores, [np.arange(150)], tiny())
    np.testing.assert_array_equal(whole.abnormal, choose_labels(scores, tiny()).abnormal)


def test_weights_grow_with_the_scores_even_below_zero(tiny: Tiny) -> None:
    scores = np.concatenate([np.linspace(-3, -1, 10), np.full(90, -9.0)])
    labels = choose_labels(scores, tiny())
    expected = np.linspace(1, 0, 10) * 2 + 0.2  # rescaled to (0, 1]: the lowest keeps a tenth
    np.testing.assert_allclose(labels.weights, expected / expected.sum())


def test_even_weights_where_asked_or_where_scores_are_equal(tiny: Tiny) -> None:
    scores = np.arange(100.0)
    assert np.ptp(choose_labels(scores, tiny(by_score=False)).weights) == 0
    assert np.ptp(choose_labels(np.zeros(100), tiny()).weights) == 0


def test_batches_draw_by_weight_and_by_share(tiny: Tiny) -> None:
    """Over many batches each abnormal frame comes as often as its weight says."""
    labels = choose_labels(np.arange(100.0), tiny())
    generator = np.random.default_rng(0)
    counts = np.zeros(100)
    batches = 400
    for _ in range(batches):
        places, abnormal = labels.draw(20, 0.5, generator)
        assert abnormal == 10
        assert set(places[:10]) <= set(labels.abnormal)
        assert set(places[10:]) <= set(labels.normal)
        assert len(set(places[10:])) == 10  # no normal frame twice while there are enough
        np.add.at(counts, places[:10], 1)
    share = counts[labels.abnormal] / (10 * batches)
    deviation = np.sqrt(labels.weights * (1 - labels.weights) / (10 * batches))
    assert (np.abs(share - labels.weights) < 4 * deviation).all()


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_both_kinds_are_in_every_batch(share: float, tiny: Tiny) -> None:
    labels = choose_labels(np.arange(10.0), tiny())
    places, abnormal = labels.draw(4, share, np.random.default_rng(0))
    assert len(places) == 4
    assert 1 <= abnormal <= 3


def test_smoothing_stays_within_clips() -> None:
    scores = np.array([0.0, 0, 0, 9, 9, 9])
    clips = np.array([0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(smoothed(scores, clips, 2.0), scores)
    assert smoothed(scores, clips, 0.0) is scores
    mixed = smoothed(np.array([0.0, 9, 0]), np.zeros(3, int), 1.0)
    assert 0 < mixed[0] < mixed[1] < 9
