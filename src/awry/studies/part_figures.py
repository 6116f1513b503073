"""How the parts of a score are measured for published tables: as we do, and as the papers do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from awry.errors import InputError
from awry.evaluation.metrics.bootstrap import Metric, bootstrap_interval
from awry.evaluation.metrics.frame import frame_metrics, macro_auc, macro_auc_sentinels, micro_auc
from awry.evaluation.protocol import offline, savgol
from awry.evaluation.scored_clip import ScoredClip, Series, shared_parts, unscored_dropped
from awry.methods.published import CONVENTION, FILTERED, PRIMARY, SMOOTHED
from awry.scoring.normalisation import normalise

MEASURED = (PRIMARY, CONVENTION, SMOOTHED, FILTERED)
WITH_INTERVAL: Mapping[str, Metric] = {
    "micro_auc": micro_auc,
    "macro_auc": macro_auc,
    "macro_auc_sentinels": macro_auc_sentinels,
}


def measure_parts(
    clips: Sequence[ScoredClip],
    protocols: Sequence[str] = (PRIMARY, CONVENTION, SMOOTHED),
    maxima: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, dict[str, Any]]:
    """The figures of each part of the score, as we measure and as the papers do.

    Args:
        clips: scored clips; those without labels are left out.
        protocols: some of `MEASURED`.
        maxima: as `awry.methods.published.Publication.maxima`.

    Returns:
        part -> each of the protocols (see `awry.evaluation.declaration`) -> the figures of
        `frame_metrics`, and `intervals`, by figure, None where there is none.

    Raises:
        InputError: no clip has labels, or one has no scored frame, or a score is not finite.
    """
    labelled = [clip for clip in clips if clip.labels is not None]
    if not labelled:
        raise InputError("No clip has labels: there is nothing to measure by.")
    for clip in labelled:
        if not clip.scored.any():
            raise InputError(f"Clip {clip.name} is too short: none of its frames was scored.")
    return {
        part: {
            name: _figures(_by_protocol(name, labelled, part, maxima or {})) for name in protocols
        }
        for part in shared_parts(labelled)
    }


def _by_protocol(
    protocol: str, clips: Sequence[ScoredClip], part: str, maxima: Mapping[str, Sequence[str]]
) -> Sequence[ScoredClip]:
    """The clips with a part of their scores in the place of the scores, as a protocol has it."""
    ours = [replace(clip, scores=clip.parts[part]) for clip in clips]
    if protocol == CONVENTION:
        dropped = unscored_dropped(ours)
        return [replace(clip, scores=normalise(clip.scores, "clip")) for clip in dropped]
    if protocol == SMOOTHED:
        return [replace(clip, scores=offline(clip.scores)) for clip in ours]
    if protocol == FILTERED:
        joined = maxima.get(part, (part,))
        return [replace(clip, scores=_highest_filtered(clip, joined)) for clip in ours]
    return ours


def _highest_filtered(clip: ScoredClip, parts: Sequence[str]) -> Series:
    """The highest of those of the parts that there are, each filtered by itself; (n,)."""
    every = [savgol(clip.parts[part]) for part in parts if part in clip.parts]
    return np.asarray(np.max(every, axis=0), np.float64)


def _figures(clips: Sequence[ScoredClip]) -> dict[str, Any]:
    scores = [clip.scores for clip in clips]
    labels = [clip.labels for clip in clips if clip.labels is not None]
    figures = frame_metrics(
        scores, labels, [clip.scored for clip in clips], [clip.name for clip in clips]
    )
    intervals = {
        name: bootstrap_interval(metric, scores, labels) for name, metric in WITH_INTERVAL.items()
    }
    pairs = {name: None if pair is None else list(pair) for name, pair in intervals.items()}
    return {**figures, "intervals": pairs}
