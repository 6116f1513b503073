"""Moments as reports show them: picture, heat map, boxes and words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awry.detector import Detector
from awry.evaluation.scored_clip import Peak
from awry.scoring.calibration import POOLED
from awry.scoring.moments import Moment
from awry.video.overlay import heat_image

LEAST_HEAT = 0.6
"""Of the heat's scale, where heat is drawn in full; a map that is lower has its own scale."""


def peak_of(moment: Moment, detector: Detector, scene: str = POOLED) -> Peak:
    """What is shown of a moment; its strongest place is marked, however low its score is."""
    image, score = moment.frame.image, moment.score
    size = (image.shape[0], image.shape[1])
    explainer = detector.explainer(scene)
    heat, own = None, False
    if score.map is not None:
        scale, own = _heat_scale(score.map, explainer.calibration.heat_range)
        heat = heat_image(image, score.map, scale)
    return Peak(
        index=moment.frame.index,
        score=moment.value,
        time_s=moment.frame.time_s,
        image=image,
        heat=heat,
        marks=explainer.marks(score, size, always=True),
        clip=moment.clip,
        parts=score.parts,
        reason=explainer.reason(score, size),
        own_heat=own,
        pictures=moment.pictures,
    )


def own_scale(heat: NDArray[np.float32]) -> tuple[float, float]:
    """For one picture: no heat at the middle of its own map, full heat at its highest."""
    return float(np.median(heat)), float(heat.max())


def _heat_scale(
    heat: NDArray[np.float32], usual: tuple[float, float]
) -> tuple[tuple[float, float], bool]:
    """The scale of normal footage, or the map's own where nothing of it would be seen on that."""
    low, high = usual
    if float(heat.max()) >= low + LEAST_HEAT * (high - low):
        return usual, False
    return own_scale(heat), True
