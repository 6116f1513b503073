"""How the parts of a score are measured for published tables: as we do, and as the papers do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from awry.errors import InputError
from awry.evaluation.declaration import WINDOW
from awry.evaluation.metrics.bootstrap import Metric, bootstrap_interval
from awry.evaluation.metrics.frame import frame_metrics, macro_auc, macro_auc_sentinels, micro_auc
from awry.evaluation.protocol import DROPPED_BY_KIND, offline
from awry.evaluation.scored_clip import ScoredClip, shared_parts, unscored_dropped
from awry.methods.published import PRIMARY, SMOOTHED
from awry.scoring.normalisation import normalise

MEASURED = (PRIMARY, SMOOTHED, *DROPPED_BY_KIND)
WITH_INTERVAL: Mapping[str, Metric] = {
    "micro_auc": micro_auc,
    "macro_auc": macro_auc,
    "macro_auc_sentinels": macro_auc_sentinels,
}


def measure_parts(clips: Sequence[ScoredClip]) -> dict[str, dict[str, Any]]:
    """The figures of each part of the score, as we measure and as the papers do.

    Args:
        clips: scored clips; those without labels are left out.

    Returns:
        part -> each of `MEASURED` (see `awry.evaluation.protocol.VARIANTS`) -> the figures of
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
    measured = {}
    for part in shared_parts(labelled):
        ours = [replace(clip, scores=clip.parts[part]) for clip in labelled]
        dropped = unscored_dropped(ours)
        variants = {
            PRIMARY: ours,
            SMOOTHED: [replace(clip, scores=offline(clip.scores)) for clip in ours],
            **{name: _normalised(dropped, kind) for name, kind in DROPPED_BY_KIND.items()},
        }
        measured[part] = {name: _figures(clips) for name, clips in variants.items()}
    return measured


def _normalised(clips: Sequence[ScoredClip], kind: str) -> list[ScoredClip]:
    return [replace(clip, scores=normalise(clip.scores, kind, window=WINDOW)) for clip in clips]


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
