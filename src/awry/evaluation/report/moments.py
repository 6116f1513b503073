"""Moments for the report: a picture, its heat map and regions, and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.report.figures import picture_uri
from awry.evaluation.scored_clip import Peak, ScoredClip

MOST_CLIP_MOMENTS = 40
"""Moments with pictures in all clips' parts of a report together."""


def moment(
    peak: Peak, number: int, place: str, labels: NDArray[np.uint8] | None = None
) -> dict[str, Any]:
    """What the template shows of a peak.

    Args:
        peak: the moment.
        number: of the moment among those beside it.
        place: the part of the page, a unique name, so that the moment can be linked to.
        labels: (n,) of its clip, for what it truly was.
    """
    height, width = peak.image.shape[:2]
    judged = labels is not None and peak.index < len(labels)
    return {
        "id": f"{place}-{number}",
        "number": number,
        "clip": peak.clip,
        "index": peak.index,
        "score": peak.score,
        "time": None if peak.time_s is None else f"{peak.time_s:.2f} s",
        "image": picture_uri(peak.image),
        "heat": None if peak.heat is None else picture_uri(peak.heat),
        "width": width,
        "height": height,
        "own_heat": peak.own_heat,
        "reason": peak.reason,
        "boxes": [
            {**_corners(mark.box), "faint": mark.faint, "words": mark.words} for mark in peak.marks
        ],
        "true_boxes": [_corners(box) for box in peak.truth],
        "beside": [(name, picture_uri(image)) for name, image in peak.pictures.items()],
        "parts": [(name, value) for name, value in peak.parts.items()],
        "truth": ("abnormal" if labels[peak.index] else "normal") if judged else None,  # type: ignore[index]
    }


def _corners(box: Sequence[float]) -> dict[str, float]:
    """A box as SVG draws it."""
    x_min, y_min, x_max, y_max = box
    return {"x": x_min, "y": y_min, "width": x_max - x_min + 1, "height": y_max - y_min + 1}


def peaks_to_show(
    clips: Sequence[ScoredClip], thresholds: Mapping[str, float], most: int = MOST_CLIP_MOMENTS
) -> list[list[Peak]]:
    """Which peaks of each clip have pictures: each clip's first, then the highest of all.

    With more clips than pictures the clips with the highest have them. Heights are above each
    clip's threshold.
    """
    every = [
        (place == 0, peak.score - thresholds.get(clip.name, 0.0), number, place)
        for number, clip in enumerate(clips)
        for place, peak in enumerate(clip.peaks)
    ]
    every.sort(key=lambda row: (-row[0], -row[1], row[2], row[3]))
    kept = {(number, place) for _, _, number, place in every[:most]}
    return [
        [peak for place, peak in enumerate(clip.peaks) if (number, place) in kept]
        for number, clip in enumerate(clips)
    ]
