"""Bootstrap intervals over clips, since the frames of one clip are anything but independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.errors import InputError
from awry.evaluation.frame import Labels, Scores, checked, micro_auc

Metric = Callable[[Sequence[ArrayLike], Sequence[ArrayLike]], Any]


def bootstrap_interval(
    metric: Metric,
    scores: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """The 95 % percentile interval of a metric when clips are drawn with replacement.

    Args:
        metric: of `awry.evaluation.frame` or alike: takes scores and labels of clips, gives a
            float or a tuple that begins with it. `micro_auc` takes a fast way with equal values.
        scores, labels: one array (n_i,) for each clip.
        resamples: how many times to draw.
        seed: of the draws.

    Returns:
        Low and high; None where no draw allows the metric, or there are fewer than two clips.
        Draws that do not allow it (all of one class, say) are left out.

    Raises:
        InputError: as `checked`.
    """
    series, marks = checked(scores, labels)
    count = len(series)
    if count < 2:
        return None
    draws = np.random.default_rng(seed).integers(count, size=(resamples, count))
    if metric is micro_auc:
        values = resampled_micro_auc(series, marks, draws)
    else:
        values = np.array([_value(metric, series, marks, draw) for draw in draws])
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def resampled_micro_auc(
    scores: Scores, labels: Labels, draws: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Micro AUC of each draw of clips.

    AUC is the share of pairs (abnormal, normal) in the right order. Pairs are counted once for
    each pair of clips; a draw then only weighs those counts.

    Args:
        scores, labels: one array (n_i,) for each of c clips.
        draws: int (resamples, c), the clips of each draw.

    Returns:
        float64 (resamples,); NaN where a draw has one class only.
    """
    count = len(scores)
    abnormal = [s[truth == 1] for s, truth in zip(scores, labels, strict=True)]
    normal = [np.sort(s[truth == 0]) for s, truth in zip(scores, labels, strict=True)]
    positives = np.concatenate([*abnormal, np.empty(0)])
    owner = np.repeat(np.arange(count), [len(part) for part in abnormal])
    right = np.empty((count, count))
    for column, below in enumerate(normal):
        ranks = np.searchsorted(below, positives, "left") + np.searchsorted(
            below, positives, "right"
        )
        right[:, column] = np.bincount(owner, ranks / 2, count)
    weights = np.stack([np.bincount(draw, minlength=count) for draw in draws]).astype(np.float64)
    pairs = (weights @ [len(part) for part in abnormal]) * (weights @ [len(p) for p in normal])
    found = np.einsum("ra,ab,rb->r", weights, right, weights, optimize=True)
    return np.divide(found, pairs, out=np.full(len(draws), np.nan), where=pairs > 0)


def _value(metric: Metric, scores: Scores, labels: Labels, draw: NDArray[np.int64]) -> float:
    try:
        value = metric([scores[clip] for clip in draw], [labels[clip] for clip in draw])
    except InputError:
        return float("nan")
    return float(value[0] if isinstance(value, tuple) else value)
