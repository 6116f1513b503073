"""Range-based precision and recall: Tatbul et al., "Precision and Recall for Time Series",
NeurIPS 2018. A published measure of alarms against events, beside ours.

Ranges are runs of frames, `(first, last)`, 0-based, both inclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError
from awry.evaluation.metrics.event import Runs, checked_runs
from awry.evaluation.metrics.event_matching import RunArray, joined

Bias = Literal["flat", "front", "back", "middle"]


@dataclass(frozen=True, slots=True)
class RangeOptions:
    """The paper's tunable parts; the defaults are its plainest.

    Attributes:
        alpha: weight of mere existence in recall, in [0, 1]; precision has none.
        cardinality: what an overlap in x pieces is multiplied by: `one`, or `reciprocal`, 1/x.
        bias: which positions of a range weigh more (the paper's delta).

    Raises:
        ConfigError: alpha out of range.
    """

    alpha: float = 0.0
    cardinality: Literal["one", "reciprocal"] = "reciprocal"
    bias: Bias = "flat"

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise ConfigError(f"alpha is {self.alpha}; expected 0 to 1.")


@dataclass(frozen=True, slots=True)
class RangeSums:
    """What the figures are the quotients of, each float64 (c,), one value for each clip.

    Attributes:
        precision, predicted: sum of the alarms' precisions, and their number.
        recall, real: the same of the true events.
    """

    precision: NDArray[np.float64]
    predicted: NDArray[np.float64]
    recall: NDArray[np.float64]
    real: NDArray[np.float64]


def range_sums(
    alarms: Sequence[Runs],
    truth: Sequence[Runs],
    lengths: Sequence[int],
    options: RangeOptions | None = None,
) -> RangeSums:
    """Sums of the ranges' precisions and recalls of each clip (the paper's eq. 2 to 7).

    Ranges that overlap or follow each other without a frame between are one, as they are in a
    series of labels.

    Args:
        alarms, truth, lengths: as `awry.evaluation.metrics.event.event_figures`.
        options: default `RangeOptions()`.

    Raises:
        InputError: a run is inverted or out of its clip.
    """
    options = options or RangeOptions()
    rows = []
    for clip, (own, true, length) in enumerate(zip(alarms, truth, lengths, strict=True)):
        predicted = joined(checked_runs(own, length, f"Clip number {clip}: alarm"))
        real = joined(checked_runs(true, length, f"Clip number {clip}: true event"))
        overlap, touched = _overlap(real, predicted, options)
        recall = options.alpha * touched + (1 - options.alpha) * overlap
        precision, _ = _overlap(predicted, real, options)
        rows.append([precision.sum(), len(predicted), recall.sum(), len(real)])
    return RangeSums(*np.array(rows, np.float64).reshape(-1, 4).T)


def range_rates(sums: RangeSums, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The figures of sets of clips.

    Args:
        sums: of c clips.
        weights: (r, c), how often each set has each clip.

    Returns:
        `range_precision`, `range_recall` and `range_f1`, float64 (r,) in [0, 1]; NaN without
        alarms or events.
    """
    precision = _mean(weights @ sums.precision, weights @ sums.predicted)
    recall = _mean(weights @ sums.recall, weights @ sums.real)
    both = _mean(2 * precision * recall, precision + recall)
    return {
        "range_precision": precision,
        "range_recall": recall,
        "range_f1": np.where((recall == 0) | (precision == 0), 0.0, both),
    }


def _overlap(
    ranges: RunArray, others: RunArray, options: RangeOptions
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each range's overlap reward (eq. 5 to 7), and whether anything overlaps it (eq. 4)."""
    rewards = np.zeros(len(ranges))
    first_other = np.searchsorted(others[:, 1], ranges[:, 0], "left")
    behind_other = np.searchsorted(others[:, 0], ranges[:, 1], "right")
    pieces = behind_other - first_other
    for number in np.flatnonzero(pieces).tolist():
        first, last = ranges[number].tolist()
        until = np.concatenate([[0.0], np.cumsum(_bias(last - first + 1, options.bias))])
        inside = others[first_other[number] : behind_other[number]]
        begins = np.maximum(inside[:, 0], first) - first
        ends = np.minimum(inside[:, 1], last) - first + 1
        rewards[number] = (until[ends] - until[begins]).sum() / until[-1]
    if options.cardinality == "reciprocal":
        rewards /= np.maximum(pieces, 1)
    return rewards, pieces > 0


def _bias(length: int, bias: Bias) -> NDArray[np.float64]:
    """The paper's delta at each position of a range (its Fig. 2)."""
    position = np.arange(1, length + 1, dtype=np.float64)
    if bias == "flat":
        return np.ones(length)
    if bias == "front":
        return length - position + 1
    if bias == "back":
        return position
    return np.where(position <= length / 2, position, length - position + 1)


def _mean(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
