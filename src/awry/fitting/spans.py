"""Spans of the footage, scored by the models that were fitted on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, name_in_training
from awry.datasets.clips import Excerpt
from awry.detector import scored
from awry.methods.fitted import FittedModels
from awry.scoring.calibration import Budget, Calibration, CalibrationClip, calibrate
from awry.scoring.moments import Moment, MomentKeeper, strongest
from awry.training.footage import Footage
from awry.training.split import Span

STRANGEST = 10
APART = 25


def calibrate_models(models: FittedModels, footage: Footage, budget: Budget) -> Calibration:
    """Score the calibration part through the scorer and fix thresholds there."""
    clips = []
    for span in footage.parts["calibration"]:
        clip = footage.clip_named(span.clip)
        source = _frames_of(footage, clip, span)
        scorer = models.scorer(clip.scene, clip=name_in_training(clip.name), fps=source.fps)
        # The maps of an hour would not fit into memory.
        rows = [
            (
                np.nan if score.score is None else score.score,
                np.nan if score.map is None else float(score.map.max()),
                score.parts,
            )
            for score in scorer.score(source)
        ]
        scores, peaks = np.array([row[:2] for row in rows], np.float64).reshape(-1, 2).T
        parts = _series_of([row[2] for row in rows])
        clips.append(CalibrationClip(span.clip, clip.scene, scores, source.fps, peaks, parts))
    return calibrate(clips, budget)


def strangest_moments(
    models: FittedModels, calibration: Calibration, footage: Footage
) -> list[Moment]:
    """The strongest moments of the training part, by the clips' own frame numbers."""
    moments: list[Moment] = []
    for span in footage.parts["train"]:
        clip = footage.clip_named(span.clip)
        source = _frames_of(footage, clip, span)
        keeper = MomentKeeper(span.clip, STRANGEST, APART)
        levels = calibration.scene(clip.scene).map_thresholds
        scorer = models.scorer(
            clip.scene, clip=name_in_training(clip.name), fps=source.fps, map_levels=levels
        )
        for frame, score in scored(scorer, source):
            # Moments are named by the clip's own frame numbers, as --exclude wants them.
            there = replace(frame, index=frame.index + span.first)
            keeper.offer(there, replace(score, index=there.index))
        moments += keeper.moments()
    return strongest(moments, STRANGEST, APART)


def _series_of(parts: Sequence[Mapping[str, float]]) -> dict[str, NDArray[np.float64]]:
    """Each part of a clip's frames, (n,), NaN where a frame has none."""
    names = dict.fromkeys(name for frame_parts in parts for name in frame_parts)
    return {
        name: np.array([frame_parts.get(name, np.nan) for frame_parts in parts]) for name in names
    }


def _frames_of(footage: Footage, clip: Clip, span: Span) -> Excerpt:
    """The frames of a span; each still knows its place in the clip."""
    first, last = span.first, span.last - 1
    return Excerpt(footage.open(clip), first, last, span.clip, keep_origin=True)
