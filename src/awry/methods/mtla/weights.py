"""Weights of the branches by how well each tells synthetic anomalies; no label is looked at."""

from __future__ import annotations

import numpy as np
import torch

from awry.methods.composed import ScoredCompositions
from awry.methods.mtla.scoring import FrameErrors, MTLAScorer
from awry.training.blind import part_weights


def learn_branch_weights(scorer: MTLAScorer, scored: ScoredCompositions[FrameErrors]) -> None:
    """Fill `branch_weights`; the branches' statistics are known."""
    model, config = scorer.model, scorer.config
    location, scale = model.location.numpy(), model.scale.numpy()
    values = []
    for clip in scored.results:
        rows = [
            (scorer.scores_of(errors, scorer.filtered(errors)) - location) / scale
            for errors in scorer.joined(clip)
        ]
        values.append(np.array(rows, np.float64).reshape(len(clip), len(config.branches)))
    combine = "max" if config.combine == "maximum" else "mean"
    weights = part_weights(scored.judged(values), model.branch_weights.numpy(), combine)
    model.branch_weights.copy_(torch.from_numpy(weights))
