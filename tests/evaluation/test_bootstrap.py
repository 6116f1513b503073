from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from awry.errors import InputError
from awry.evaluation.bootstrap import bootstrap_interval, resampled_micro_auc
from awry.evaluation.frame import average_precision, macro_auc, micro_auc


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
    interval = bootstrap_interval(micro_auc, scores, labels)
    assert interval is not None
    assert interval[0] < micro_auc(scores, labels) < interval[1]
    constant = [np.zeros(len(one)) for one in scores]
    assert bootstrap_interval(micro_auc, constant, labels) == (0.5, 0.5)


@pytest.mark.parametrize("metric", [macro_auc, average_precision])
def test_any_metric_can_be_given(metric: object) -> None:
    scores, labels = made(6)
    interval = bootstrap_interval(metric, scores, labels, resamples=30)  # type: ignore[arg-type]
    assert interval is not None
    assert 0 <= interval[0] < interval[1] <= 1


def test_bad_scores_are_refused() -> None:
    with pytest.raises(InputError, match="frame 0 is nan"):
        bootstrap_interval(micro_auc, [[np.nan], [1.0]], [[0], [1]])
