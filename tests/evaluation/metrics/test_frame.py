from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, roc_auc_score

from awry.errors import InputError
from awry.evaluation.metrics.frame import (
    METRICS,
    average_precision,
    clip_aucs,
    frame_metrics,
    macro_auc,
    macro_auc_sentinels,
    micro_auc,
    roc_points,
)

SCORES = [[0.1, 0.4, 0.8], [0.3, 0.2, 0.9], [0.5, 0.5]]
LABELS = [[0, 0, 1], [1, 0, 0], [1, 1]]


def pairs_in_order(scores: list[float], labels: list[int]) -> float:
    """AUC as the share of (abnormal, normal) pairs in the right order, ties for a half."""
    high = [score for score, label in zip(scores, labels, strict=True) if label]
    low = [score for score, label in zip(scores, labels, strict=True) if not label]
    won = [(h > n) + 0.5 * (h == n) for h in high for n in low]
    return sum(won) / len(won)


clips = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=12),
    min_size=1,
    max_size=5,
).filter(lambda found: len({label for clip in found for _, label in clip}) == 2)


@settings(max_examples=80, deadline=None)
@given(found=clips)
def test_micro_auc_counts_pairs(found: list[list[tuple[int, bool]]]) -> None:
    scores = [[float(score) for score, _ in clip] for clip in found]
    labels = [[int(label) for _, label in clip] for clip in found]
    expected = pairs_in_order([*chain(*scores)], [*chain(*labels)])
    assert micro_auc(scores, labels) == pytest.approx(expected, abs=1e-12)
    monotone = [np.exp(np.array(clip)) for clip in scores]
    assert micro_auc(monotone, labels) == pytest.approx(expected, abs=1e-12)


def test_macro_auc_is_over_clips_with_both_classes() -> None:
    assert macro_auc(SCORES, LABELS) == (pytest.approx((1.0 + 0.5) / 2), 2)
    assert clip_aucs(SCORES, LABELS) == [1.0, 0.5, None]


def test_sentinels_go_into_every_clip() -> None:
    pooled = np.concatenate(SCORES)
    expected = []
    for scores, labels in zip(SCORES, LABELS, strict=True):
        scaled = (np.array(scores) - pooled.min()) / (pooled.max() - pooled.min())
        expected.append(pairs_in_order([*scaled, 0.0, 1.0], [*labels, 0, 1]))
    assert macro_auc_sentinels(SCORES, LABELS) == pytest.approx(np.mean(expected))


def test_average_precision_by_hand() -> None:
    # Ranks 1 and 3 of 4 are abnormal: (1/1 + 2/3) / 2.
    assert average_precision([[0.9, 0.8, 0.7, 0.1]], [[1, 0, 1, 0]]) == pytest.approx(5 / 6)


def test_frame_metrics_has_exactly_the_protocols_names() -> None:
    found = frame_metrics(SCORES, LABELS, [[True, False, True], [True] * 3, [False, False]])
    assert tuple(found) == METRICS
    assert (found["n_frames"], found["n_abnormal"], found["n_scored"]) == (8, 4, 5)
    assert found["prevalence"] == 0.5
    assert found["macro_n"] == 2
    assert frame_metrics(SCORES, LABELS)["n_scored"] == 8


def test_figures_that_cannot_be_had_are_none() -> None:
    found = frame_metrics([[0.1, 0.2]], [[1, 1]])
    assert found["micro_auc"] is None
    assert (found["macro_auc"], found["macro_n"]) == (None, 0)
    assert found["ap"] is None
    # Scaled to 0 and 1; the 0 ties with the normal sentinel.
    assert found["macro_auc_sentinels"] == pytest.approx(2.5 / 3)
    assert frame_metrics([], [])["prevalence"] is None
    both = frame_metrics([[0.1, 0.2], [0.4]], [[0, 0], [1]])
    assert (both["micro_auc"], both["macro_auc"]) == (1.0, None)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([[0.0, np.nan]], [[0, 1]], "Clip Test001: the score of frame 1 is nan"),
        ([[np.inf, 0.0]], [[0, 1]], "Clip Test001: the score of frame 0 is inf"),
        ([[0.0]], [[0, 1]], r"Clip Test001: scores of shape \(1,\) and labels of shape \(2,\)"),
        ([[0.0, 1.0]], [[0, 2]], "Clip Test001: the label of frame 1 is 2"),
        ([[0.0, 1.0]], [], "scores of 1 clips and labels of 0"),
        ([[0.0, 1.0]], [[1, 1]], "2 of 2 frames are abnormal"),
    ],
)
def test_bad_input_is_named(scores: Any, labels: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        micro_auc(scores, labels, ["Test001"])


def test_refusals_of_the_other_metrics() -> None:
    with pytest.raises(InputError, match="Macro AUC needs"):
        macro_auc([[0.0], [1.0]], [[0], [1]])
    with pytest.raises(InputError, match="Average precision needs"):
        average_precision([[0.0]], [[0]])
    with pytest.raises(InputError, match="at least one clip"):
        macro_auc_sentinels([], [])
    with pytest.raises(InputError, match="Clip number 0: the score of frame 0"):
        frame_metrics([[np.nan]], [[0]])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), count=st.integers(2, 80), digits=st.integers(0, 3))
def test_the_auc_is_scikit_learns_also_with_ties(seed: int, count: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) > 0.6).astype(np.uint8)
    labels[:2] = 0, 1
    scores = rng.normal(size=count).round(digits)
    assert micro_auc([scores], [labels]) == pytest.approx(roc_auc_score(labels, scores), abs=1e-14)


def test_the_roc_curve_has_the_area_of_the_auc() -> None:
    false, true = roc_points(SCORES, LABELS)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert auc(false, true) == pytest.approx(micro_auc(SCORES, LABELS))


def test_a_thinned_roc_curve_is_as_close_as_it_says() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(20000) > 0.7).astype(np.uint8)
    scores = rng.normal(size=20000) + labels
    every = roc_points([scores], [labels], 10**6)
    false, true = roc_points([scores], [labels], 50)
    assert len(false) <= 50 < len(every[0])
    assert (np.diff(false) >= 0).all()
    assert (np.diff(true) >= 0).all()
    step = np.diff(every[0] + every[1]).max()
    assert (np.diff(false + true) <= 2 / 49 + step).all()
    assert auc(false, true) == pytest.approx(micro_auc([scores], [labels]), abs=2 / 49)


def test_a_roc_curve_of_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="A ROC curve needs normal and abnormal frames"):
        roc_points([[0.1, 0.2]], [[0, 0]])
