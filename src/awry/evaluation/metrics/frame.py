"""Frame-level metrics as pure functions.

Scores are higher where a frame is more abnormal, labels are 1 where it is. A data set is one
sequence of scores and one of labels, with an array (n_i,) for each clip.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.errors import ConfigError, InputError
from awry.extensions import declared, extension, no_function

Scores = list[NDArray[np.float64]]
Labels = list[NDArray[np.uint8]]
METRICS = (
    "micro_auc",
    "macro_auc",
    "macro_n",
    "macro_auc_sentinels",
    "ap",
    "prevalence",
    "n_frames",
    "n_abnormal",
    "n_scored",
)


def checked(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> tuple[Scores, Labels]:
    """Scores as float64 (n_i,) and labels as uint8 (n_i,), or a refusal.

    Args:
        scores, labels: one array for each clip.
        names: the clips' names, for messages; their positions otherwise.

    Raises:
        InputError: numbers of clips or frames differ, a score is NaN or infinite, or a label
            is neither 0 nor 1; clip and frame are named.
    """
    if len(scores) != len(labels):
        raise InputError(
            f"There are scores of {len(scores)} clips and labels of {len(labels)}; expected "
            "both for the same clips."
        )
    good_scores, good_labels = [], []
    for position, (given, truth) in enumerate(zip(scores, labels, strict=True)):
        name = names[position] if names else f"number {position}"
        series, marks = np.asarray(given, np.float64), np.asarray(truth)
        if series.ndim != 1 or series.shape != marks.shape:
            raise InputError(
                f"Clip {name}: scores of shape {series.shape} and labels of shape {marks.shape}; "
                "expected one of each for every frame. Score every frame, or check that the "
                "labels belong to this clip."
            )
        bad = np.flatnonzero(~np.isfinite(series))
        if bad.size:
            raise InputError(
                f"Clip {name}: the score of frame {bad[0]} is {series[bad[0]]} "
                f"({bad.size} such frames); expected finite numbers. Give unscored frames the "
                "nearest frame's score."
            )
        odd = np.flatnonzero((marks != 0) & (marks != 1))
        if odd.size:
            raise InputError(
                f"Clip {name}: the label of frame {odd[0]} is {marks[odd[0]]}; expected 0 "
                "(normal) or 1 (abnormal)."
            )
        good_scores.append(series)
        good_labels.append(marks.astype(np.uint8))
    return good_scores, good_labels


def micro_auc(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> float:
    """ROC AUC over the frames of all clips pooled.

    Raises:
        InputError: as `checked`, or the frames are all of one class.

    >>> micro_auc([[0.1, 0.9], [0.2, 0.8]], [[0, 1], [0, 1]])
    1.0
    """
    series, marks = checked(scores, labels, names)
    truth = np.concatenate([*marks, np.empty(0, np.uint8)])
    _need_both(truth, "Micro AUC")
    return _roc_auc(truth, np.concatenate(series))


def macro_auc(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> tuple[float, int]:
    """Mean of the clips' own ROC AUCs, over the clips that hold both classes.

    Returns:
        The mean and the number of those clips; the two always belong together.

    Raises:
        InputError: as `checked`, or no clip holds both classes.
    """
    values = [value for value in clip_aucs(scores, labels, names) if value is not None]
    if not values:
        raise InputError(
            "Macro AUC needs at least one clip with both normal and abnormal frames; there is "
            "none. Use micro AUC, or macro AUC with sentinels."
        )
    return float(np.mean(values)), len(values)


def clip_aucs(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> list[float | None]:
    """Each clip's own ROC AUC; None where it has one class only."""
    return [
        _roc_auc(truth, series) if 0 < truth.sum() < len(truth) else None
        for series, truth in zip(*checked(scores, labels, names), strict=True)
    ]


def macro_auc_sentinels(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> float:
    """Macro AUC after every clip got a normal frame scored 0 and an abnormal one scored 1.

    Scores are scaled to [0, 1] over the whole set beforehand; a constant becomes 0.5. This is
    what the headline figures of the SSMTL paper are; it says little of the detector where
    clips have one class only.

    Raises:
        InputError: as `checked`, or there is no clip.
    """
    return float(np.mean(clip_aucs_sentinels(scores, labels, names)))


def clip_aucs_sentinels(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> list[float]:
    """Each clip's own AUC with its two sentinels; errors as `macro_auc_sentinels`."""
    series, marks = checked(scores, labels, names)
    if not sum(map(len, series)):
        raise InputError("Macro AUC with sentinels needs at least one clip with frames.")
    pooled = np.concatenate(series)
    low, span = pooled.min(), np.ptp(pooled)
    values = []
    for clip, truth in zip(series, marks, strict=True):
        scaled = (clip - low) / span if span > 0 else np.full(len(clip), 0.5)
        values.append(_roc_auc(np.append(truth, [0, 1]), np.append(scaled, [0.0, 1.0])))
    return values


def average_precision(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], names: Sequence[str] | None = None
) -> float:
    """Average precision over all frames pooled; chance is the prevalence of abnormal frames.

    Raises:
        InputError: as `checked`, or the frames are all of one class.
    """
    series, marks = checked(scores, labels, names)
    truth = np.concatenate([*marks, np.empty(0, np.uint8)])
    _need_both(truth, "Average precision")
    # Imported where it is needed: other figures take less time than that takes.
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, np.concatenate(series)))


def _roc_auc(truth: NDArray[np.uint8], scores: NDArray[np.float64]) -> float:
    """The share of pairs (abnormal, normal) in the right order; half of those that are equal.

    Counted in whole numbers, and in a third of the time of scikit-learn's, which draws the curve.
    """
    abnormal, normal = np.sort(scores[truth == 1]), np.sort(scores[truth == 0])
    below = np.searchsorted(normal, abnormal, "left").sum()
    not_above = np.searchsorted(normal, abnormal, "right").sum()
    return float(int(below) + int(not_above)) / (2 * len(abnormal) * len(normal))


def roc_points(
    scores: Sequence[ArrayLike], labels: Sequence[ArrayLike], most: int = 500
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ROC curve over all frames pooled, as few points as show it.

    Args:
        scores, labels: one array (n_i,) for each clip.
        most: points, at least 2; where the curve has more corners, some are kept, evenly spread:
            from one to the next the rates rise by about `2 / (most - 1)` together.

    Returns:
        Shares of normal and of abnormal frames at or above falling thresholds, float64 (p,) each,
        from 0 to 1.

    Raises:
        InputError: as `checked`, or the frames are all of one class.

    >>> false, true = roc_points([[0.1, 0.9], [0.2, 0.8]], [[0, 1], [0, 1]])
    >>> false.tolist(), true.tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    series, marks = checked(scores, labels)
    truth = np.concatenate([*marks, np.empty(0, np.uint8)])
    _need_both(truth, "A ROC curve")
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(truth, np.concatenate(series))
    if len(false) > most:
        along = np.searchsorted(false + true, np.linspace(0, 2, most) - 1e-12)
        kept = np.unique(np.concatenate([along[:-1], [len(false) - 1]]))
        false, true = false[kept], true[kept]
    return false, true


def frame_metrics(
    scores: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    scored: Sequence[ArrayLike] | None = None,
    names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """All frame-level figures, under the names of `METRICS`, and those that other packages add.

    Args:
        scores, labels: one array (n_i,) for each clip.
        scored: bool (n_i,) for each clip, True where the method scored the frame itself; all,
            if not given.
        names: the clips' names, for messages.

    Returns:
        Figures in [0, 1] and counts. A figure that cannot be had, because the frames or all
        clips have one class only, is None.

    Raises:
        InputError: as `checked`.
    """
    series, marks = checked(scores, labels, names)
    n_frames = sum(map(len, marks))
    n_abnormal = int(sum(truth.sum() for truth in marks))
    macro = _if_possible(macro_auc, series, marks)
    return {
        "micro_auc": _if_possible(micro_auc, series, marks),
        "macro_auc": macro[0] if macro else None,
        "macro_n": macro[1] if macro else 0,
        "macro_auc_sentinels": _if_possible(macro_auc_sentinels, series, marks),
        "ap": _if_possible(average_precision, series, marks),
        "prevalence": n_abnormal / n_frames if n_frames else None,
        "n_frames": n_frames,
        "n_abnormal": n_abnormal,
        "n_scored": n_frames if scored is None else int(sum(np.sum(part) for part in scored)),
        **_added(series, marks),
    }


def _added(scores: Scores, labels: Labels) -> dict[str, Any]:
    """The figures that other packages add, see `awry.extensions`."""
    group = "awry.metrics"
    figures: dict[str, Any] = {}
    for name in sorted(set(declared(group)) - set(METRICS)):
        try:
            metric = extension(group, name, "metric", no_function)
        except ConfigError as error:
            warnings.warn(str(error), stacklevel=3)
        else:
            figures[name] = _if_possible(metric, scores, labels)
    return figures


def _if_possible(metric: Callable[[Scores, Labels], Any], scores: Scores, labels: Labels) -> Any:
    try:
        return metric(scores, labels)
    except InputError:
        return None


def _need_both(truth: NDArray[np.uint8], what: str) -> None:
    abnormal = int(truth.sum())
    if not 0 < abnormal < len(truth):
        raise InputError(
            f"{what} needs normal and abnormal frames; {abnormal} of {len(truth)} frames are "
            "abnormal. Give clips with both."
        )
