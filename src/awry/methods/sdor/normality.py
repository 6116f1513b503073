"""Pseudo labels: which frames are taken for abnormal and normal, and how batches are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.methods.sdor.config import SDORConfig
from awry.scoring.smoothing import smooth

Series = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PseudoLabels:
    """Frames with a label for the time being.

    Attributes:
        abnormal: int64 (a,), places of the most abnormal frames, of each group of frames the most
            abnormal first.
        normal: int64 (b,), places of the most normal frames; none of them is in `abnormal`.
        weights: float64 (a,), by which abnormal frames are drawn; sums to 1.
    """

    abnormal: Places
    normal: Places
    weights: Series

    def without(self, places: Places) -> PseudoLabels | None:
        """The same without some frames; None where nothing is left of a kind."""
        kept = ~np.isin(self.abnormal, places)
        normal = self.normal[~np.isin(self.normal, places)]
        if not kept.any() or not len(normal):
            return None
        weights = self.weights[kept]
        return PseudoLabels(self.abnormal[kept], normal, weights / weights.sum())

    def draw(self, batch: int, share: float, generator: np.random.Generator) -> tuple[Places, int]:
        """A batch's frames, abnormal ones first, and how many of those there are.

        Args:
            batch: frames of the batch.
            share: of abnormal frames in it; at least one of each kind comes.
        """
        count = int(np.clip(round(batch * share), 1, batch - 1))
        # SDOR section 4.1, weighted sampling
        first = generator.choice(self.abnormal, count, p=self.weights)
        rest = batch - count
        second = generator.choice(self.normal, rest, replace=len(self.normal) < rest)
        return np.concatenate([first, second]), count


def choose_labels(scores: Series, config: SDORConfig) -> PseudoLabels:
    """The most abnormal and the most normal frames by their present scores (section 4.1).

    Args:
        scores: (n,), higher = more abnormal, of any range; n at least 2.
    """
    count = len(scores)
    order = np.argsort(-scores, kind="stable")
    abnormal = order[: max(1, int(count * config.abnormal_share))]
    normal = order[count - max(1, int(count * config.normal_share)) :]
    return PseudoLabels(abnormal, normal, _weights(scores[abnormal], config.by_score))


def choose_in_groups(scores: Series, groups: Sequence[Places], config: SDORConfig) -> PseudoLabels:
    """As `choose_labels`, from each group of frames by itself; a large one weighs more.

    Args:
        scores: (n,), as for `choose_labels`.
        groups: places of the frames of each group, at least two; a group without any difference
            gets no labels where others have some.
    """
    varied = [places for places in groups if np.ptp(scores[places]) > 0]
    groups = varied or groups  # nothing is strange among frames that are all alike
    by_group = [choose_labels(scores[places], config) for places in groups]
    total = sum(len(one.abnormal) for one in by_group)
    pairs = list(zip(groups, by_group, strict=True))
    return PseudoLabels(
        np.concatenate([places[one.abnormal] for places, one in pairs]),
        np.concatenate([places[one.normal] for places, one in pairs]),
        np.concatenate([one.weights * (len(one.abnormal) / total) for one in by_group]),
    )


def _weights(scores: Series, by_score: bool) -> Series:
    """SDOR section 4.1, weighted sampling: in proportion to scores rescaled to (0, 1].

    A network's scores may be negative.
    """
    low, high = float(scores.min()), float(scores.max())
    if not by_score or high <= low:
        return np.full(len(scores), 1 / len(scores))
    least = (high - low) / len(scores)
    raised = (scores - low + least) / (high - low + least)
    return np.asarray(raised / raised.sum(), np.float64)


def smoothed(scores: Series, clips: NDArray[np.int64], sigma: float) -> Series:
    """Scores (n,) smoothed over time within each clip, edges replicated; sigma in frames.

    Args:
        clips: (n,), which clip each frame is of; a clip's frames follow one another.
    """
    if not sigma:
        return scores
    smooth_scores = np.empty_like(scores)
    for clip in np.unique(clips):
        own = clips == clip
        smooth_scores[own] = smooth(scores[own], "gaussian", sigma=sigma)
    return smooth_scores
