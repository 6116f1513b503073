from __future__ import annotations

import numpy as np
import pytest

from awry.methods.sdor.unmasking import CHANCE, accuracies, two_sample_scores, unmasking_scores


def walk(count: int, width: int = 60, seed: int = 0) -> np.ndarray:
    """Frames that go to and fro between two views, one of which differs in every feature."""
    generator = np.random.default_rng(seed)
    phase = np.sin(2 * np.pi * np.arange(count) / 7)[:, None]
    still, moved = 2 + generator.random((2, width))
    return still + phase * (moved - still) + 0.01 * generator.normal(size=(count, width))


def test_a_window_with_a_change_scores_above_one_without() -> None:
    features = walk(120)
    features[60:] += 3 * np.random.default_rng(1).random(60)
    scores = unmasking_scores(features, [slice(0, 120)], removed=4)
    assert scores[60:65].min() > scores[20:50].max()


def test_accuracy_falls_where_few_features_tell_and_stays_where_all_do() -> None:
    before, new = walk(14), walk(14)
    assert np.mean(accuracies(before, new, 5, 6, 0.5)) < 0.75
    few, every = new.copy(), new + 2 * np.random.default_rng(1).random(60)
    few[:, :3] += 3
    falling = accuracies(before, few, 5, 6, 0.5)
    assert falling[0] == 1.0
    assert falling[-1] < 0.8
    assert accuracies(before, every, 5, 6, 0.5) == [1.0] * 5


def test_rounds_end_where_no_features_are_left_and_odd_numbers_are_taken_whole() -> None:
    before, new = walk(10, 9), walk(10, 9, seed=1)
    assert len(accuracies(before, new, 10, 3, 0.5)) == 3  # 9, 6 and 3 features
    assert len(accuracies(before, new, 10, 50, 0.5)) == 1


def test_sides_of_different_size_weigh_the_same() -> None:
    """What cannot be told apart at all has one half, however many there are on a side."""
    one = np.ones((1, 4))
    assert accuracies(np.repeat(one, 30, 0), np.repeat(one, 10, 0), 1, 2, 0.5) == [0.5]


def test_windows_stay_within_a_clip_and_its_first_frames_are_as_by_chance() -> None:
    first, second = walk(40), walk(40) + 5
    both = unmasking_scores(np.concatenate([first, second]), [slice(0, 40), slice(40, 80)])
    np.testing.assert_array_equal(both[:10], CHANCE)
    np.testing.assert_array_equal(both[40:50], CHANCE)
    np.testing.assert_allclose(both[:40], unmasking_scores(first, [slice(0, 40)]))
    assert ((both >= 0) & (both <= 1)).all()


@pytest.mark.parametrize(("count", "by_chance"), [(1, 1), (2, 1), (7, 3), (23, 10)])
def test_short_clips(count: int, by_chance: int) -> None:
    scores = unmasking_scores(walk(count), [slice(0, count)], removed=4)
    assert scores.shape == (count,)
    assert np.isfinite(scores).all()
    assert (scores[:by_chance] == CHANCE).all()


def test_the_past_makes_a_return_of_what_was_seen_less_strange() -> None:
    """Two views take turns. Told from the window before alone, each turn is strange."""
    generator = np.random.default_rng(3)
    views = 1 + generator.random((2, 60))
    turn = np.arange(200) // 25 % 2
    features = views[turn] + 0.05 * generator.normal(size=(200, 60))
    clip = [slice(0, 200)]
    alone = unmasking_scores(features, clip, removed=4)
    later = np.isin(np.arange(200), [*range(125, 130), *range(150, 155), *range(175, 180)])
    with_past = two_sample_scores(features, clip, history=40)
    assert with_past[later].mean() < alone[later].mean() - 0.1


def test_the_same_seed_draws_the_same_past() -> None:
    features = walk(60)
    clip = [slice(0, 60)]
    first = two_sample_scores(features, clip, seed=1)
    np.testing.assert_array_equal(first, two_sample_scores(features, clip, seed=1))
    np.testing.assert_array_equal(
        two_sample_scores(features, clip, history=0), unmasking_scores(features, clip)
    )
