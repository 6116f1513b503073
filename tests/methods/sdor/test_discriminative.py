from __future__ import annotations

import numpy as np

from awry.methods.sdor.discriminative import discriminative_scores


def test_what_is_rare_is_told_apart() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(300, 10))
    features[120:140, 3] += 5
    scores = discriminative_scores(features, window=30)
    assert np.isin(np.argsort(-scores)[:15], np.arange(120, 140)).mean() > 0.8


def test_a_strange_stretch_is_found_wherever_it_stands() -> None:
    features = np.random.default_rng(1).normal(size=(80, 4))
    features[:8] += 6
    for turned in (features, features[::-1]):
        scores = discriminative_scores(turned, shuffles=20, window=10)
        strange = turned[:, 0] > 3
        assert scores[strange].mean() > scores[~strange].mean() + 0.1


def test_the_same_seed_gives_the_same_scores_and_two_frames_are_enough() -> None:
    features = np.random.default_rng(2).normal(size=(2, 3))
    first = discriminative_scores(features, seed=4)
    np.testing.assert_array_equal(first, discriminative_scores(features, seed=4))
    assert np.isfinite(first).all()
