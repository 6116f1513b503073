"""Moments for the report: a picture, its heat map and regions, and what was said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.figures import picture_uri
from awry.evaluation.scored_clip import Peak


def moment(peak: Peak, number: int, labels: NDArray[np.uint8] | None = None) -> dict[str, Any]:
    """What the template shows of a peak; `labels` (n,) of its clip add what it truly was."""
    height, width = peak.image.shape[:2]
    judged = labels is not None and peak.index < len(labels)
    return {
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
            {
                "x": x_min,
                "y": y_min,
                "width": x_max - x_min + 1,
                "height": y_max - y_min + 1,
                "faint": mark.faint,
                "words": mark.words,
            }
            for mark in peak.marks
            for x_min, y_min, x_max, y_max in [mark.box]
        ],
        "parts": [(name, value) for name, value in peak.parts.items()],
        "truth": ("abnormal" if labels[peak.index] else "normal") if judged else None,  # type: ignore[index]
    }
