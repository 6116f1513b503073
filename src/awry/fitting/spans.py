"""Spans of the footage, scored by the models that were fitted on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import name_in_training
from awry.datasets.clips import Excerpt
from awry.detector import scored
from awry.methods.fitted import FittedModels
from awry.scoring.calibration import (
    NO_THRESHOLD,
    OF_TRAINING,
    SET_ONE,
    Budget,
    Calibration,
    CalibrationClip,
    calibrate,
)
from awry.scoring.moments import Moment, MomentKeeper, strongest
from awry.training.footage import Footage
from awry.training.split import Span, run_up

STRANGEST = 10


def calibrate_models(
    models: FittedModels, footage: Footage, budget: Budget
) -> tuple[Calibration, list[Moment]]:
    """Fix thresholds on held-back footage, and find the strongest moments of the training part.

    That is the calibration part and, where it is of the same footage, the validation part before
    it: of little footage two seconds are half as sure as four. All parts are scored through the
    scorer, to see how far stretches of the footage differ. Without a calibration part there are no
    thresholds, and what is usual is that of the training part.

    Returns:
        The thresholds, and the moments by the clips' own frame numbers, strongest first.
    """
    other, spans = footage.calibration()
    clips = [_scored_clip(models, other, span, maps=True) for span in spans]
    same = bool(clips) and other is footage
    held_back = footage.parts["validation"] if clips else []  # else nothing is made of it
    validation = [_scored_clip(models, footage, span, maps=same) for span in held_back]
    if same:
        clips, validation = [*validation, *clips], []
    total = sum(span.length for span in footage.parts["train"])
    footage.reporter.start("looking for the strangest moments of the training footage", total)
    calibration = calibrate(clips, budget) if clips else None
    train: list[CalibrationClip] = []
    moments: list[Moment] = []
    for span in footage.parts["train"]:
        levels: Sequence[float] = ()
        if calibration is not None:
            levels = calibration.scene(footage.clip_named(span.clip).scene).map_thresholds
        train.append(
            _scored_clip(models, footage, span, maps=not clips, levels=levels, moments=moments)
        )
    strangest = strongest(moments, STRANGEST)
    if calibration is None:
        footage.notes.append(f"{NO_THRESHOLD} {OF_TRAINING} {SET_ONE}")
        return calibrate(train, None), strangest
    return calibration.with_spread(clips, validation, train), strangest


def _scored_clip(
    models: FittedModels,
    footage: Footage,
    span: Span,
    *,
    maps: bool = False,
    levels: Sequence[float] = (),
    moments: list[Moment] | None = None,
) -> CalibrationClip:
    """A span's scores. Maps are looked at and dropped: those of an hour would not fit into memory.

    The frames before a span are seen as well, as far as the scorer needs them: in two seconds of
    calibration footage a warm-up of two seconds would leave nothing.

    Args:
        models, footage, span: what scores what.
        maps: whether the maps' peaks are wanted.
        levels: at which maps are cut into regions, for the moments.
        moments: get the strongest, by the clip's own numbers, as --exclude wants them.
    """
    clip = footage.clip_named(span.clip)
    source = footage.open(clip)
    scorer = models.scorer(
        clip.scene,
        clip=name_in_training(clip.name),
        fps=source.fps,
        map_levels=levels,
        maps=maps or moments is not None,
    )
    before = 0 if moments is not None else run_up(footage.parts, span, scorer.run_up)
    frames = Excerpt(source, span.first - before, span.last - 1, span.clip, keep_origin=True)
    keeper = MomentKeeper(span.clip, STRANGEST, source.fps, scorer.run_up)
    scores, peaks, parts = [], [], []
    for frame, score in islice(scored(scorer, frames), before, None):
        scores.append(np.nan if score.score is None else score.score)
        peaks.append(np.nan if score.map is None else float(score.map.max()))
        parts.append(score.parts)
        if moments is not None:
            there = replace(frame, index=frame.index + span.first)
            keeper.offer(there, replace(score, index=there.index))
            footage.reporter.advance()
    if moments is not None:
        moments += [moment.shown(scorer.pictures) for moment in keeper.moments()]
    return CalibrationClip(
        span.clip,
        clip.scene,
        np.array(scores, np.float64),
        source.fps,
        np.array(peaks, np.float64) if maps else None,
        _series_of(parts),
    )


def _series_of(parts: Sequence[Mapping[str, float]]) -> dict[str, NDArray[np.float64]]:
    """Each part of a clip's frames, (n,), NaN where a frame has none."""
    names = dict.fromkeys(name for frame_parts in parts for name in frame_parts)
    return {
        name: np.array([frame_parts.get(name, np.nan) for frame_parts in parts]) for name in names
    }
