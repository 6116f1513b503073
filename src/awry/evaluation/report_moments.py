"""Moments for the report: a picture, its heat map and regions, and what was said of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.figures import picture_uri
from awry.evaluation.scored_clip import Peak
from awry.frames import Region

MOST_REGIONS = 3


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
        "boxes": [
            (x_min, y_min, x_max - x_min + 1, y_max - y_min + 1, region.score)
            for region in _to_draw(peak.regions)
            for x_min, y_min, x_max, y_max in [region.box]
        ],
        "parts": [(name, value) for name, value in peak.parts.items()],
        "truth": ("abnormal" if labels[peak.index] else "normal") if judged else None,  # type: ignore[index]
    }


def _to_draw(regions: Sequence[Region]) -> list[Region]:
    """The strongest few, without boxes that lie inside or around one that is drawn."""
    drawn: list[Region] = []
    for region in regions:
        nested = any(_within(region, one) or _within(one, region) for one in drawn)
        if not nested and len(drawn) < MOST_REGIONS:
            drawn.append(region)
    return drawn


def _within(inner: Region, outer: Region) -> bool:
    low = all(a >= b for a, b in zip(inner.box[:2], outer.box[:2], strict=True))
    return low and all(a <= b for a, b in zip(inner.box[2:], outer.box[2:], strict=True))
