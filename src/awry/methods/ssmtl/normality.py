"""What is normal for a fitted model's scores, measured on held-back normal footage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from awry.datasets.base import name_in_training
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import LevelStream
from awry.methods.ssmtl.parts import combined
from awry.methods.ssmtl.scoring import FrameParts, SSMTLScorer
from awry.methods.windowed import Origin, frames_of, pieces_of
from awry.training.footage import Run

MOST_FRAMES = 3000
BELIEVED = 0.5
PIECE = 200
"""Enough for means and spreads; footage of hours need not be scored whole."""


def measure_normality(
    scorer: SSMTLScorer,
    runs: Mapping[str, Sequence[Run]],
    weigh: Callable[[], None] | None = None,
) -> bool:
    """Fill the streams' statistics: of each part, then of the scores, then of the frames.

    Args:
        scorer: of the trained model.
        runs: for each level held-back normal footage as that level takes it; the same frames.
        weigh: settles the parts' weights; they change what scores are normal.

    Returns:
        Whether there was something to score at every level; else the statistics are not filled.
    """
    clips = _raw_results(scorer, runs)
    if not _fill_statistics(scorer, clips):
        return False
    if weigh is not None:
        weigh()
        _fill_statistics(scorer, clips)
    return True


def _fill_statistics(scorer: SSMTLScorer, clips: Sequence[list[FrameParts]]) -> bool:
    config, model = scorer.config, scorer.model
    frames = [raw for clip in clips for raw in clip]
    parts = {"object": _object_parts(frames), "frame": _frame_parts(frames)}
    if not all(len(parts[level]) for level in model.streams):
        return False
    for level in model.streams:
        _parts(model.stream(level), parts[level], config)
    if "object" in model.streams:
        boxes = np.concatenate([raw.boxes for raw in frames])
        longer = (boxes[:, 2:] - boxes[:, :2]).max(1)
        stream = model.stream("object")
        stream.object_side.fill_(float(np.median(longer)))
        weight = config.usual_weight
        stream.usual_weight.fill_(1 / _crowd(frames) if weight is None else weight)
    scores = [levels for clip in clips for levels in scorer.frame_levels(clip)]
    for level in model.streams:
        values = np.array([levels[level] for levels in scores])
        model.stream(level).location.fill_(float(values.mean()))
        model.stream(level).scale.fill_(_spread(values))
    return True


def _raw_results(scorer: SSMTLScorer, runs: Mapping[str, Sequence[Run]]) -> list[list[FrameParts]]:
    level = "object" if "object" in runs else "frame"
    clips = []
    for number, piece in pieces_of(runs[level], PIECE, MOST_FRAMES):
        run = runs[level][number]
        smalls = runs["frame"][number].images[piece] if "frame" in runs else None
        origin = Origin(name_in_training(run.clip), run.scene, run.original_size, run.fps)
        clips.append(scorer.raw_results(frames_of(run, piece), origin, smalls))
    return clips


def _parts(stream: LevelStream, parts: NDArray[np.float64], config: SSMTLConfig) -> None:
    stream.part_location.copy_(torch.from_numpy(parts.mean(0)))
    stream.part_scale.copy_(torch.tensor([_spread(column) for column in parts.T]))
    scores = combined(stream, parts, config.part_scale, config.combine)
    stream.usual.fill_(float(np.quantile(scores, config.usual_share)))
    if config.floor == "zero":
        stream.part_floor.zero_()
        stream.floor.zero_()
        return
    stream.part_floor.copy_(torch.from_numpy(parts.min(0)))
    stream.floor.fill_(float(scores.min()))


def _spread(values: NDArray[np.float64]) -> float:
    """Standard deviation; 1 where nothing varies, so that it can always divide."""
    deviation = float(values.std())
    return deviation if deviation > 1e-9 else 1.0


def _object_parts(frames: Sequence[FrameParts]) -> NDArray[np.float64]:
    """Of the objects that are believed; of all of them where none is."""
    parts = [raw.object_parts for raw in frames if len(raw.object_parts)]
    if not parts:
        return np.empty((0, 0))
    every = np.concatenate(parts)
    believed = np.concatenate([raw.weights for raw in frames]) >= BELIEVED
    return every[believed] if believed.any() else every


def _crowd(frames: Sequence[FrameParts]) -> float:
    """How many objects there are in a frame that has some; 1 or more."""
    return float(np.mean([len(raw.object_parts) for raw in frames if len(raw.object_parts)]))


def _frame_parts(frames: Sequence[FrameParts]) -> NDArray[np.float64]:
    return np.stack([raw.frame_parts for raw in frames]) if frames else np.empty((0, 0))
