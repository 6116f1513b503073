"""What int8 costs: micro AUC in PyTorch and exported, on the camera's labelled test clips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.evaluation.clip_scoring import SCORES_ALONE, score_clips
from awry.evaluation.metrics.frame import micro_auc
from awry.progress import Reporter


def accuracy_of(
    detector: Detector,
    exported: Detector,
    data: Dataset,
    bound: float,
    reporter: Reporter,
    failed: list[str],
) -> dict[str, Any]:
    """Micro AUC of both on the clips that both could score.

    Args:
        detector: in PyTorch.
        exported: the same elsewhere.
        data: with labelled test clips.
        bound: the largest loss that is allowed.
        reporter: told of each clip.
        failed: gets what could not be scored, one sentence each.

    Returns:
        `before` and `after`, micro AUC in [0, 1], `lost`, their difference, and `bound`.
    """
    first, second = (_scored(each, data, reporter, failed) for each in (detector, exported))
    names = [name for name in first if name in second]
    before, after = (
        micro_auc([clips[n][0] for n in names], [clips[n][1] for n in names], names)
        for clips in (first, second)
    )
    return {"before": before, "after": after, "lost": before - after, "bound": bound}


def lost_too_much(accuracy: Mapping[str, Any]) -> list[str]:
    """A sentence where more is lost than allowed."""
    if accuracy["lost"] <= accuracy["bound"]:
        return []
    return [
        f"int8 loses {accuracy['lost']:.4f} of micro AUC ({accuracy['before']:.4f} to "
        f"{accuracy['after']:.4f}); at most {accuracy['bound']:g} is allowed."
    ]


def has_both_kinds(data: Dataset) -> bool:
    """Whether an AUC can be measured on the test clips."""
    labels = [clip.labels() for clip in data.test if clip.labels is not None]
    return bool(labels) and 0 < np.concatenate(labels).mean() < 1


def _scored(
    detector: Detector, data: Dataset, reporter: Reporter, failed: list[str]
) -> dict[str, tuple[Any, Any]]:
    """Clip's name -> its scores and labels."""
    clips = [clip for clip in data.test if clip.labels is not None]
    scored = score_clips(detector, clips, SCORES_ALONE, reporter)
    failed += [sentence for sentence in scored.failed if sentence not in failed]
    return {clip.name: (clip.scores, clip.labels) for clip in scored.clips}
