"""What is normal for a fitted model's scores, measured on held-back normal footage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from awry.datasets.base import name_in_training
from awry.methods.mtla.scoring import MTLAScorer
from awry.methods.windowed import Origin, frames_of, pieces_of
from awry.training.footage import Run

LEAST_FRAMES = 2
MOST_FRAMES = 1000
PIECE = 200
ROUNDING = 1e-5
"""Of values from float32 maps, relative to their mean: less is no spread."""
"""Footage is looked at in pieces, and not whole where it is long: memory stays bounded."""


def measure_normality(scorer: MTLAScorer, runs: Sequence[Run]) -> bool:
    """Fill the model's statistics.

    Args:
        scorer: of the trained model.
        runs: held-back normal footage at the teachers' size.

    Returns:
        Whether there were frames to score, with objects where these matter; else the statistics
        are not filled.
    """
    joined, sides, flows = [], [], []
    for number, piece in pieces_of(runs, PIECE, MOST_FRAMES):
        run = runs[number]
        origin = Origin(name_in_training(run.clip), run.scene, run.original_size, run.fps)
        results = scorer.raw_results(frames_of(run, piece), origin)
        sides += [raw.sides for raw in results]
        flows += [raw.median_flow for raw in results]
        joined += scorer.joined(results)
    longer = np.concatenate(sides) if sides else np.empty(0)
    if len(joined) < LEAST_FRAMES or (scorer.config.segments and not len(longer)):
        return False
    model = scorer.model
    if len(longer):
        model.object_side.fill_(float(np.median(longer)))
    model.usual_flow.fill_(max(flows))
    scores, peaks = [], []
    for errors in joined:
        maps = scorer.filtered(errors)
        scores.append(scorer.scores_of(errors, maps))
        peaks.append([values.max() for values in maps])
    _fill(model.location, model.scale, np.array(scores))
    _fill(model.map_location, model.map_scale, np.array(peaks))
    return True


def _fill(location: torch.Tensor, scale: torch.Tensor, values: NDArray[np.floating]) -> None:
    spread, mean = values.std(0), values.mean(0)
    location.copy_(torch.from_numpy(mean))
    # 1 where nothing varies but by rounding, so that it can always divide.
    varies = spread > np.maximum(1e-9, ROUNDING * np.abs(mean))
    scale.copy_(torch.from_numpy(np.where(varies, spread, 1.0)))
