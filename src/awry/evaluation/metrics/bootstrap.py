"""Bootstrap intervals over clips, since the frames of one clip are anything but independent.

A draw is a set of clips, as many as there are, drawn with replacement. What is to be compared
is measured on the same draws: then what makes some clips hard for everybody cancels out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.errors import InputError
from awry.evaluation.metrics.frame import (
    Labels,
    Scores,
    average_precision,
    checked,
    clip_aucs,
    clip_aucs_sentinels,
    macro_auc,
    macro_auc_sentinels,
    micro_auc,
)
from awry.evaluation.metrics.pixel import pixel_auc

Metric = Callable[[Sequence[ArrayLike], Sequence[ArrayLike]], Any]
Draws = NDArray[np.int64]
RESAMPLES, SEED = 1000, 0  # of the protocol; changing them breaks comparison with older files


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How a figure of one run differs from that of another, over the same draws of clips.

    Attributes:
        difference_interval: 95 % percentile interval of first minus second; None where no draw
            allows both.
        share_above_zero: share of draws in which the first is higher, equal ones counted for a
            half, so that 0.5 is no difference; None likewise.
        n_draws: draws that allow both figures.
    """

    difference_interval: tuple[float, float] | None
    share_above_zero: float | None
    n_draws: int


def bootstrap_interval(
    metric: Metric,
    scores: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """The 95 % percentile interval of a metric when clips are drawn with replacement.

    Args:
        metric, scores, labels: as `resampled`.
        resamples: how many times to draw.
        seed: of the draws.

    Returns:
        Low and high; None where no draw allows the metric, or there are fewer than two clips.
        Draws that do not allow it (all of one class, say) are left out.

    Raises:
        InputError: as `checked` and `clip_draws`.
    """
    series, marks = checked(scores, labels)
    if len(series) < 2:
        return None
    return interval(resampled(metric, series, marks, clip_draws(len(series), resamples, seed)))


def clip_draws(count: int, resamples: int = 1000, seed: int = 0) -> Draws:
    """Draws of clips with replacement; the same for the same arguments.

    Args:
        count: number of clips, 1 or more.
        resamples: number of draws, 1 or more.
        seed: of the draws.

    Returns:
        int64 (resamples, count), positions of clips.

    Raises:
        InputError: no clips, or no draws.
    """
    if count < 1 or resamples < 1:
        raise InputError(
            f"Cannot draw {resamples} times from {count} clips; expected at least 1 of each."
        )
    return np.random.default_rng(seed).integers(count, size=(resamples, count), dtype=np.int64)


def protocol_draws(count: int) -> Draws | None:
    """The protocol's draws of so many clips; None for fewer than two, which allow no interval."""
    return clip_draws(count, RESAMPLES, SEED) if count > 1 else None


def resampled(
    metric: Metric,
    scores: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    draws: Draws,
) -> NDArray[np.float64]:
    """A metric's value on each draw of clips.

    Args:
        metric: of `awry.evaluation.metrics.frame` or alike: takes scores and labels of clips,
            gives a float or a tuple that begins with it. `micro_auc`, `pixel_auc`, `macro_auc` and
            `average_precision` take a fast way with equal values; `macro_auc_sentinels` scales
            scores over all clips, not over each draw's.
        scores, labels: one array (n_i,) for each of c clips.
        draws: int (resamples, c) of `clip_draws`.

    Returns:
        float64 (resamples,); NaN where a draw does not allow the metric.

    Raises:
        InputError: as `checked`, or the draws are not of these clips.
    """
    series, marks = checked(scores, labels)
    if metric is micro_auc or metric is pixel_auc:
        return resampled_micro_auc(series, marks, draws)
    if metric is macro_auc:
        values = np.array([np.nan if v is None else v for v in clip_aucs(series, marks)])
        return _resampled_mean(values, draws)
    if metric is macro_auc_sentinels:
        return _resampled_mean(np.array(clip_aucs_sentinels(series, marks)), draws)
    if metric is average_precision:
        return resampled_ap(series, marks, draws)
    _check_draws(draws, len(series))
    return np.array([_value(metric, series, marks, draw) for draw in draws], np.float64)


def resampled_micro_auc(scores: Scores, labels: Labels, draws: Draws) -> NDArray[np.float64]:
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
    order = np.argsort(positives)  # neighbours are looked for in neighbouring memory: much faster
    positives, owner = positives[order], owner[order]
    right = np.empty((count, count))
    for column, below in enumerate(normal):
        ranks = np.searchsorted(below, positives, "left") + np.searchsorted(
            below, positives, "right"
        )
        right[:, column] = np.bincount(owner, ranks / 2, count)
    weights = clip_weights(draws, count)
    pairs = (weights @ [len(part) for part in abnormal]) * (weights @ [len(p) for p in normal])
    pairs_right = np.einsum("ra,ab,rb->r", weights, right, weights, optimize=True)
    return np.divide(pairs_right, pairs, out=np.full(len(draws), np.nan), where=pairs > 0)


def resampled_ap(scores: Scores, labels: Labels, draws: Draws) -> NDArray[np.float64]:
    """Average precision of each draw of clips: frames are sorted once, draws weigh them.

    Args:
        scores, labels: one array (n_i,) for each of c clips.
        draws: int (resamples, c), the clips of each draw.

    Returns:
        float64 (resamples,); NaN where a draw has one class only.
    """
    pooled = np.concatenate([*scores, np.empty(0)])
    order = np.argsort(-pooled, kind="stable")
    abnormal = np.concatenate([*labels, np.empty(0, np.uint8)])[order] == 1
    clip = np.repeat(np.arange(len(scores)), [len(clip_scores) for clip_scores in scores])[order]
    # Frames of equal score are one step.
    steps = np.flatnonzero(np.append(np.diff(pooled[order]) != 0, True)) if len(pooled) else order
    values = np.full(len(draws), np.nan)
    for number, weights in enumerate(clip_weights(draws, len(scores))):
        weight = weights[clip]
        taken, true = np.cumsum(weight)[steps], np.cumsum(weight * abnormal)[steps]
        if len(taken) and 0 < true[-1] < taken[-1]:
            precision = np.divide(true, taken, out=np.zeros_like(true), where=taken > 0)
            values[number] = np.diff(true, prepend=0) @ precision / true[-1]
    return values


def interval(values: ArrayLike) -> tuple[float, float] | None:
    """The 95 % percentile interval of values (n,); NaN is left out, None if nothing remains."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def paired_difference(a_values: ArrayLike, b_values: ArrayLike) -> PairedDifference:
    """How run A differs from run B.

    Args:
        a_values, b_values: float (resamples,) each, one figure of each run on the same draws:
            the same `clip_draws`, of clips in the same order. A draw with a NaN in either is
            left out.

    Raises:
        InputError: the numbers of draws differ.
    """
    first, second = np.asarray(a_values, np.float64), np.asarray(b_values, np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise InputError(
            f"Values of shape {first.shape} and {second.shape} cannot be paired; expected one "
            "of each for the same draws of the same clips."
        )
    difference = first - second
    difference = difference[np.isfinite(difference)]
    if not difference.size:
        return PairedDifference(None, None, 0)
    above = float(np.mean((difference > 0) + 0.5 * (difference == 0)))
    return PairedDifference(interval(difference), above, difference.size)


def _resampled_mean(values: NDArray[np.float64], draws: Draws) -> NDArray[np.float64]:
    """Mean over the clips of each draw that have a value."""
    weights = clip_weights(draws, len(values))
    known = np.isfinite(values)
    number = weights @ known
    total = weights @ np.where(known, values, 0.0)
    return np.divide(total, number, out=np.full(len(draws), np.nan), where=number > 0)


def clip_weights(draws: Draws, count: int) -> NDArray[np.float64]:
    """How often each draw has each clip, float64 (resamples, count).

    Raises:
        InputError: the draws are not of so many clips.
    """
    _check_draws(draws, count)
    flat = draws + count * np.arange(len(draws))[:, None]
    times = np.bincount(flat.ravel(), minlength=count * len(draws))
    return times.reshape(len(draws), count).astype(np.float64)


def _check_draws(draws: Draws, count: int) -> None:
    if draws.ndim != 2 or (draws.size and not 0 <= draws.min() <= draws.max() < count):
        raise InputError(
            f"The draws of shape {draws.shape} are not of {count} clips; expected positions of "
            "clips, 0 or more and below their number, (resamples, clips)."
        )


def _value(metric: Metric, scores: Scores, labels: Labels, draw: Draws) -> float:
    try:
        value = metric([scores[clip] for clip in draw], [labels[clip] for clip in draw])
    except InputError:
        return float("nan")
    return float(value[0] if isinstance(value, tuple) else value)
