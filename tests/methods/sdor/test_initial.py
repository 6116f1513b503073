from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from awry.methods.sdor import SDORConfig
from awry.methods.sdor.initial import (
    detect_in_groups,
    detect_initially,
    forest_scores,
    reduce,
    rescaled,
    sp_scores,
)

Tiny = Callable[..., SDORConfig]


def brute_force_sp(points: np.ndarray, sample: int, draws: int, seed: int) -> np.ndarray:
    """Eq. 3 word for word, with the draws that `sp_scores` makes."""
    generator = np.random.default_rng(seed)
    total = np.zeros(len(points))
    for _ in range(draws):
        chosen = list(generator.choice(len(points), min(sample + 1, len(points)), replace=False))
        for i, point in enumerate(points):
            others = chosen[:-1] if i not in chosen[:-1] else [c for c in chosen if c != i]
            total[i] += min(np.sqrt(((point - points[c]) ** 2).sum()) for c in others)
    return total / draws


@pytest.mark.parametrize(("count", "sample"), [(2, 8), (9, 8), (40, 8), (40, 3)])
def test_sp_against_brute_force(count: int, sample: int) -> None:
    points = np.random.default_rng(count).normal(size=(count, 5))
    found = sp_scores(points, sample, 7, seed=3)
    np.testing.assert_allclose(found, brute_force_sp(points, sample, 7, 3), rtol=1e-6)


def test_sp_in_blocks_equals_sp_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.random.default_rng(1).normal(size=(50, 4))
    whole = sp_scores(points, 8, 5, 0)
    monkeypatch.setattr("awry.methods.sdor.initial._ROWS", 7)
    np.testing.assert_allclose(sp_scores(points, 8, 5, 0), whole, rtol=1e-12)


def test_forest_has_the_sign_of_anomaly() -> None:
    points = np.random.default_rng(0).normal(size=(200, 3))
    points[17] = 9.0
    found = forest_scores(points, 50, 64, seed=1)
    assert found.argmax() == 17
    theirs = IsolationForest(n_estimators=50, max_samples=64, random_state=1).fit(points)
    np.testing.assert_array_equal(found, -theirs.score_samples(points))
    assert ((found > 0) & (found <= 1)).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_rescaled_keeps_order_and_range(values: list[float]) -> None:
    scores = np.array(values)
    found = rescaled(scores)
    assert found.min() >= 0
    assert found.max() <= 1
    assert (np.diff(found[np.argsort(scores, kind="stable")]) >= 0).all()


def test_the_average_of_both_in_one_range(tiny: Tiny) -> None:
    features = np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32)
    features[5] += 8
    found = detect_initially(features, tiny(), 0)
    assert set(found.detectors) == {"sp", "isolation_forest"}
    np.testing.assert_allclose(found.scores, np.mean(list(found.detectors.values()), axis=0))
    assert found.scores.argmax() == 5
    assert not found.constant
    again = detect_initially(features, tiny(), 0)
    np.testing.assert_array_equal(found.scores, again.scores)


def test_fewer_frames_than_components_is_said(tiny: Tiny) -> None:
    features = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float32)
    reduced, notes = reduce(features, 8, 0)
    assert reduced.shape == (5, 4)
    assert notes == ("5 frames of 20 features allow 4 components, not 8.",)
    assert detect_initially(features, tiny(), 0).notes == notes


@pytest.mark.parametrize("features", [np.ones((20, 4)), np.ones((1, 4))])
def test_frames_that_look_alike_score_zero(features: np.ndarray, tiny: Tiny) -> None:
    found = detect_initially(features.astype(np.float32), tiny(), 0)
    assert found.constant
    assert not found.scores.any()


def test_principal_components_of_a_part_serve_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awry.methods.sdor.initial.MOST_FOR_PCA", 30)
    features = np.random.default_rng(0).normal(size=(100, 6)).astype(np.float32)
    reduced, notes = reduce(features, 3, 0)
    assert reduced.shape == (100, 3)
    assert notes == ()


def test_groups_are_judged_by_themselves(tiny: Tiny) -> None:
    """A second camera's frames are not strange for being another camera's."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(90, 12)).astype(np.float32)
    features[60:] += 40
    features[10] += 9
    features[70] += 9
    groups = [np.arange(0, 60), np.arange(60, 90)]
    found = detect_in_groups(features, groups, tiny(), 0)
    assert set(np.argsort(-found.scores)[:2]) == {10, 70}
    first = detect_initially(features[:60], tiny(), 0)
    np.testing.assert_array_equal(found.scores[:60], first.scores)
    np.testing.assert_array_equal(found.detectors["sp"][:60], first.detectors["sp"])
    mixed = [groups[1], groups[0]]
    np.testing.assert_array_equal(detect_in_groups(features, mixed, tiny(), 0).scores, found.scores)
