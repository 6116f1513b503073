"""Weights of parts and levels by how well each tells synthetic anomalies; no label is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from awry.methods.composed import ScoredCompositions
from awry.methods.ssmtl.network import LevelStream
from awry.methods.ssmtl.scoring import FrameParts, SSMTLScorer
from awry.training.blind import mixed, mixtures, part_weights, weights_of

Floats = NDArray[np.float64]


def learn_part_weights(scorer: SSMTLScorer, scored: ScoredCompositions[FrameParts]) -> None:
    """Fill `part_weights` of each stream; the streams' statistics are known."""
    for level, stream in scorer.model.streams.items():
        assert isinstance(stream, LevelStream)
        ways = mixtures(len(stream.parts))
        values = [_frame_scores(scorer, stream, level, clip, ways) for clip in scored.results]
        prior = stream.part_weights.numpy()
        weights = weights_of(scored.judged(values), prior)
        stream.part_weights.copy_(torch.from_numpy(weights))


def learn_level_weights(scorer: SSMTLScorer, scored: ScoredCompositions[FrameParts]) -> None:
    """Fill `level_weights`; the frames' scores at each level are of one scale by now."""
    levels = tuple(scorer.model.streams)
    if len(levels) < 2:
        return
    values = []
    for clip in scored.results:
        rows = [
            [_standard(scorer, level, scores[level]) for level in levels]
            for scores in scorer.frame_levels(clip)
        ]
        values.append(np.array(rows, np.float64).reshape(len(clip), len(levels)))
    judged = scored.judged(values)
    weights = part_weights(judged, scorer.model.level_weights.numpy())
    scorer.model.level_weights.copy_(torch.from_numpy(weights))


def _standard(scorer: SSMTLScorer, level: str, score: float) -> float:
    stream = scorer.model.stream(level)
    return (score - float(stream.location)) / float(stream.scale)


def _frame_scores(
    scorer: SSMTLScorer,
    stream: LevelStream,
    level: str,
    clip: Sequence[FrameParts],
    ways: Floats,
) -> Floats:
    """A clip's scores (frames, ways) by several ways to weigh the parts.

    Near to what the map gives: the highest of a frame's objects, each by how much of the mean
    filter it fills, and the mean over as many frames. What is usual counts in full, for it is
    known of one way alone.
    """
    scores = np.zeros((len(clip), len(ways)))
    for place, raw in enumerate(clip):
        parts = raw.object_parts if level == "object" else raw.frame_parts[None]
        if not len(parts):
            continue
        if scorer.config.part_scale == "standard":
            parts = (parts - stream.part_location.numpy()) / stream.part_scale.numpy()
        values = mixed(parts, ways, scorer.config.combine)
        if level == "object":
            floor = mixed(_floor(scorer, stream), ways, scorer.config.combine)
            share = _filled(raw, scorer.filter_side) * raw.weights
            values = np.maximum(values - floor, 0) * share[:, None]
        scores[place] = values.max(0)
    if level == "object" and len(clip):
        scores = uniform_filter1d(scores, scorer.config.filter_frames, axis=0, mode="nearest")
    return scores


def _floor(scorer: SSMTLScorer, stream: LevelStream) -> Floats:
    """(1, parts), the lowest value of each, standardised where parts are."""
    floor = stream.part_floor.numpy()
    if scorer.config.part_scale == "standard":
        floor = (floor - stream.part_location.numpy()) / stream.part_scale.numpy()
    return floor[None]


def _filled(raw: FrameParts, side: int) -> Floats:
    """Share (n,) of the mean filter's window that each box can fill."""
    sides = np.minimum((raw.boxes[:, 2:] - raw.boxes[:, :2]) / side, 1)
    return np.asarray(sides.prod(1), np.float64)


def weights_by_name(scorer: SSMTLScorer) -> dict[str, dict[str, float]]:
    """The weights as they are now: of each level's parts, then of the levels."""
    found = {}
    for level, stream in scorer.model.streams.items():
        assert isinstance(stream, LevelStream)
        found[level] = dict(zip(stream.parts, stream.part_weights.tolist(), strict=True))
    if len(found) > 1:
        weights = scorer.model.level_weights.tolist()
        found["levels"] = dict(zip(("object", "frame"), weights, strict=True))
    return found
