"""What is normal for a fitted model's scores, measured on held-back normal footage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from awry.frames import Frame
from awry.methods.ssmtl.answers import combined
from awry.methods.ssmtl.model import Stream
from awry.methods.ssmtl.scoring import Seen, SSMTLScorer
from awry.methods.ssmtl.sequences import coloured
from awry.training.footage import Run

MOST_FRAMES = 3000
"""Enough for means and spreads; footage of hours need not be scored whole."""


def measure_normality(scorer: SSMTLScorer, runs: Sequence[Run]) -> None:
    """Fill the streams' statistics: of each part, then of the scores, then of the frames.

    Args:
        scorer: of the trained model.
        runs: held-back normal footage at working size.
    """
    seen = [scorer.look(_frames(run), run.clip) for run in _some(runs)]
    config, model = scorer.config, scorer.model
    flat = [one for clip in seen for one in clip]
    for level, of in (("object", _object_parts), ("frame", _frame_parts)):
        if level in model.streams:
            _parts(model.stream(level), of(flat), config.part_scale, config.combine)
    boxes = np.concatenate([one.boxes for one in flat]) if flat else np.empty((0, 4))
    if len(boxes):
        longer = (boxes[:, 2:] - boxes[:, :2]).max(1)
        model.stream("object").object_side.fill_(float(np.median(longer)))
    levels = [one for clip in seen for one in scorer.frame_levels(clip)]
    for level in model.streams:
        values = np.array([one[level] for one in levels])
        stream = model.stream(level)
        if len(values):
            stream.location.fill_(float(values.mean()))
            stream.scale.fill_(_spread(values))


def _parts(stream: Stream, parts: NDArray[np.float64], scale: str, combine: str) -> None:
    if not len(parts):
        return  # nothing was seen in the held-back footage: scores stay as they are
    stream.part_location.copy_(torch.from_numpy(parts.mean(0)))
    stream.part_scale.copy_(torch.tensor([_spread(column) for column in parts.T]))
    stream.part_floor.copy_(torch.from_numpy(parts.min(0)))
    stream.floor.fill_(float(combined(stream, parts, scale, combine).min()))


def _spread(values: NDArray[np.float64]) -> float:
    """Standard deviation; 1 where nothing varies, so that it can always divide."""
    found = float(values.std())
    return found if found > 1e-9 else 1.0


def _object_parts(seen: Sequence[Seen]) -> NDArray[np.float64]:
    found = [one.object_parts for one in seen if len(one.object_parts)]
    return np.concatenate(found) if found else np.empty((0, 0))


def _frame_parts(seen: Sequence[Seen]) -> NDArray[np.float64]:
    return np.stack([one.frame_parts for one in seen]) if seen else np.empty((0, 0))


def _some(runs: Sequence[Run]) -> list[Run]:
    """Runs, evenly spread, with so many frames together."""
    total = sum(len(run.images) for run in runs)
    every = max(1, -(-total // MOST_FRAMES))
    return list(runs[::every])


def _frames(run: Run) -> Iterator[Frame]:
    for place, image in enumerate(run.images):
        yield Frame(place, None, coloured(image), origin=(run.first + place) * run.every)
