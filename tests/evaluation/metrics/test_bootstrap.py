from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from awry.errors import InputError
from awry.evaluation.metrics.bootstrap import (
    PairedDifference,
    bootstrap_interval,
    clip_draws,
    interval,
    paired_difference,
    resampled,
    resampled_micro_auc,
)
from awry.evaluation.metrics.frame import (
    average_precision,
    clip_aucs_sentinels,
    macro_auc,
    macro_auc_sentinels,
    micro_auc,
)
from awry.evaluation.metrics.pixel import pixel_auc


def made(seed: int, clips: int = 9) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    labels = [(rng.random(rng.integers(3, 40)) < 0.4).astype(np.uint8) for _ in range(clips)]
    labels[0][:] = 1
    labels[1][:] = 0
    # Rounded, so that there are ties.
    return [np.round(rng.normal(size=len(one)) + one, 1) for one in labels], labels


def test_the_fast_way_equals_scikit_learn_on_every_draw() -> None:
    scores, labels = made(0)
    draws = np.random.default_rng(1).integers(9, size=(50, 9))
    expected = [
        roc_auc_score(
            np.concatenate([labels[i] for i in draw]), np.concatenate([scores[i] for i in draw])
        )
        for draw in draws
    ]
    np.testing.assert_allclose(resampled_micro_auc(scores, labels, draws), expected, rtol=1e-12)


def test_average_precision_and_sentinels_have_a_fast_way_with_equal_values() -> None:
    scores, labels = made(3)
    draws = np.concatenate([clip_draws(9, 30), [[0] * 9, [1] * 9]])
    found = resampled(average_precision, scores, labels, draws)
    for value, draw in zip(found[:-2], draws, strict=False):
        truth, values = (np.concatenate([one[k] for k in draw]) for one in (labels, scores))
        assert value == pytest.approx(average_precision_score(truth, values))
    assert np.isnan(found[-2:]).all()
    every = resampled(macro_auc_sentinels, scores, labels, np.arange(9)[None])
    assert every[0] == pytest.approx(macro_auc_sentinels(scores, labels))
    one = resampled(macro_auc_sentinels, scores, labels, np.full((1, 9), 4))
    assert one[0] == pytest.approx(clip_aucs_sentinels(scores, labels)[4])


def test_a_draw_of_one_class_is_left_out() -> None:
    scores, labels = made(0)
    values = resampled_micro_auc(scores, labels, np.array([[0] * 9, [1] * 9, list(range(9))]))
    assert np.isnan(values).tolist() == [True, True, False]
    assert values[2] == pytest.approx(micro_auc(scores, labels))
    assert bootstrap_interval(micro_auc, scores[:1], labels[:1]) is None
    assert bootstrap_interval(micro_auc, scores[:1] * 3, labels[:1] * 3) is None


def test_both_ways_give_the_same_interval() -> None:
    scores, labels = made(2)
    fast = bootstrap_interval(micro_auc, scores, labels, resamples=60, seed=3)
    slow = bootstrap_interval(lambda s, y: micro_auc(s, y), scores, labels, resamples=60, seed=3)
    assert fast == pytest.approx(slow)
    assert fast != bootstrap_interval(micro_auc, scores, labels, resamples=60, seed=4)


def test_an_interval_holds_its_figure_and_a_certain_one_is_narrow() -> None:
    scores, labels = made(5)
    found = bootstrap_interval(micro_auc, scores, labels)
    assert found is not None
    assert found[0] < micro_auc(scores, labels) < found[1]
    constant = [np.zeros(len(one)) for one in scores]
    assert bootstrap_interval(micro_auc, constant, labels) == (0.5, 0.5)


@pytest.mark.parametrize("metric", [macro_auc, average_precision])
def test_any_metric_can_be_given(metric: object) -> None:
    scores, labels = made(6)
    found = bootstrap_interval(metric, scores, labels, resamples=30)  # type: ignore[arg-type]
    assert found is not None
    assert 0 <= found[0] < found[1] <= 1


def test_bad_scores_are_refused() -> None:
    with pytest.raises(InputError, match="frame 0 is nan"):
        bootstrap_interval(micro_auc, [[np.nan], [1.0]], [[0], [1]])


def test_draws_are_the_same_for_the_same_seed() -> None:
    draws = clip_draws(5, 200, seed=1)
    assert (draws.shape, draws.dtype) == ((200, 5), np.int64)
    assert set(np.unique(draws)) == set(range(5))
    np.testing.assert_array_equal(draws, clip_draws(5, 200, seed=1))
    assert (draws != clip_draws(5, 200, seed=2)).any()
    for count, resamples in ((0, 10), (3, 0)):
        with pytest.raises(InputError, match="expected at least 1 of each"):
            clip_draws(count, resamples)


@pytest.mark.parametrize("metric", [micro_auc, macro_auc, pixel_auc])
def test_every_fast_way_equals_the_slow_one(metric: object) -> None:
    scores, labels = made(7, clips=4)
    draws = np.concatenate([clip_draws(4, 60), [[0] * 4, [1] * 4]])
    fast = resampled(metric, scores, labels, draws)  # type: ignore[arg-type]
    slow = resampled(lambda s, y: metric(s, y), scores, labels, draws)  # type: ignore[operator]
    np.testing.assert_allclose(fast, slow, rtol=1e-12)
    assert np.isnan(fast[-2:]).all()


def test_draws_of_other_clips_are_refused() -> None:
    scores, labels = made(0)
    for metric in (micro_auc, macro_auc, average_precision):
        with pytest.raises(InputError, match="not of 9 clips"):
            resampled(metric, scores, labels, np.array([[0, 9]]))
    with pytest.raises(InputError, match="not of 9 clips"):
        resampled(micro_auc, scores, labels, np.array([0, 1]))


def test_an_interval_leaves_out_what_is_not_a_number() -> None:
    values = np.append(np.arange(101) / 100, [np.nan] * 50)
    assert interval(values) == pytest.approx((0.025, 0.975))
    assert interval([np.nan]) is interval([]) is None


def test_a_paired_difference_by_hand() -> None:
    found = paired_difference([0.5, 0.7, 0.9, np.nan, 0.2], [0.4, 0.7, 1.0, 0.1, np.nan])
    assert found.n_draws == 3
    assert found.share_above_zero == 0.5
    assert found.difference_interval == pytest.approx((-0.095, 0.095))
    assert paired_difference([np.nan], [0.5]) == PairedDifference(None, None, 0)
    with pytest.raises(InputError, match="cannot be paired"):
        paired_difference([0.1, 0.2], [0.1])


def test_a_run_does_not_differ_from_itself_and_a_change_of_sides_turns_the_sign() -> None:
    scores, labels = made(8)
    draws = clip_draws(len(scores))
    own = resampled(micro_auc, scores, labels, draws)
    same = paired_difference(own, own)
    assert (same.difference_interval, same.share_above_zero) == ((0, 0), 0.5)
    other = resampled(micro_auc, [one**2 for one in scores], labels, draws)
    there, back = paired_difference(own, other), paired_difference(other, own)
    assert there.difference_interval is not None
    assert back.difference_interval == pytest.approx([-v for v in there.difference_interval[::-1]])
    assert back.share_above_zero == pytest.approx(1 - there.share_above_zero)  # type: ignore[operator]


def test_pairing_takes_out_what_makes_clips_hard() -> None:
    rng = np.random.default_rng(0)
    labels = [np.repeat(np.uint8([0, 1]), 20)] * 12
    gap = rng.uniform(0, 2, 12)
    first = [rng.normal(size=40) + one * gap[clip] for clip, one in enumerate(labels)]
    # Hardly worse in every clip alike.
    second = [one - 0.1 * truth for one, truth in zip(first, labels, strict=True)]
    draws = clip_draws(12)
    a, b = (resampled(macro_auc, series, labels, draws) for series in (first, second))
    alone, paired = interval(a), paired_difference(a, b).difference_interval
    assert alone is not None
    assert paired is not None
    assert paired[1] - paired[0] < 0.5 * (alone[1] - alone[0])
    assert paired[0] > 0
