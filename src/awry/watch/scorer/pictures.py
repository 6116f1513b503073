"""What is shown of a strange moment: the picture, the heat of its anomaly map, boxes as shares."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Region
from awry.scoring.regions import distinct_regions
from awry.watch.messages import SeenRegion

QUALITY = 90
MOST_REGIONS = 10


def jpeg_of(image: NDArray[np.uint8]) -> bytes:
    """A picture as JPEG.

    Args:
        image: uint8 RGB (h, w, 3).
    """
    bgr = np.ascontiguousarray(image[..., ::-1])
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes() if done else b""


def heat_of(anomaly_map: NDArray[np.float32] | None, heat_range: tuple[float, float]) -> bytes:
    """An anomaly map as PNG, 8 bits grey, at its own size.

    Args:
        anomaly_map: float32 (h, w); None: there is none.
        heat_range: map values that become 0 and 255.

    Returns:
        the file's bytes; empty without a map.
    """
    if anomaly_map is None or not anomaly_map.size:
        return b""
    low, high = heat_range
    known = np.nan_to_num(anomaly_map.astype(np.float32), nan=low, posinf=high, neginf=low)
    heat = np.clip((known - low) / max(high - low, 1e-12), 0, 1)
    done, data = cv2.imencode(".png", np.round(heat * 255).astype(np.uint8))
    return data.tobytes() if done else b""


def seen_regions(regions: Iterable[Region], size: tuple[int, int]) -> tuple[SeenRegion, ...]:
    """Regions with boxes as shares of the picture: one for each object, strongest first.

    Args:
        regions: boxes in pixels, both ends inclusive.
        size: (H, W) of the picture in pixels.

    >>> seen_regions([Region((0, 0, 49, 9), 1.0)], (100, 100))[0].box
    (0.0, 0.0, 0.5, 0.1)
    """
    height, width = size
    return tuple(
        SeenRegion(
            (
                region.box[0] / width,
                region.box[1] / height,
                min((region.box[2] + 1) / width, 1.0),
                min((region.box[3] + 1) / height, 1.0),
            ),
            region.score,
            dict(region.parts),
            region.class_name,
        )
        for region in distinct_regions(regions, MOST_REGIONS)
    )
