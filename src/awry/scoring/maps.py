"""From anomaly maps to scored boxes, by the same rule for every method that has maps.

See docs/measurement.md: connected components at several levels fixed on normal footage; the box is
the component's, the score is the map's maximum inside.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.errors import FootageError, InputError
from awry.frames import Region
from awry.video.pictures import outer


def blurred(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Mean over squares of that side; beyond the border nothing lies.

    What fills a small part of the square counts by that part alone: slivers of people who enter
    the picture, and feet that were taken for skis. An average over what lies inside alone would
    raise the errors of whatever enters, which nobody can predict.

    Args:
        values: float32 (h, w).
        side: in pixels of the map; 1 leaves it as it is.
    """
    mean = cv2.blur(values, (side, side), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(mean, np.float32)


def map_thresholds(peaks: NDArray[np.floating]) -> tuple[float, ...]:
    """Fix the levels at which maps are cut, on normal footage.

    Low levels give faint anomalies their boxes, high levels give strong ones boxes that fit:
    the 0.90 and 0.99 quantiles of the per-frame maxima, their maximum, and the maximum plus
    once and three times its distance from the median.

    Args:
        peaks: (n,), the map's maximum in each frame of normal footage; NaN for frames without.

    Returns:
        Ascending levels, at most five; fewer where some coincide.

    Raises:
        FootageError: no frame had a map.

    >>> map_thresholds(np.arange(101.0))
    (90.0, 99.0, 100.0, 150.0, 250.0)
    """
    known = np.asarray(peaks, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        raise FootageError(
            "No calibration frame has an anomaly map, so map levels cannot be fixed. "
            "Give longer normal footage."
        )
    middle, *quantiles, top = np.quantile(known, [0.5, 0.90, 0.99, 1.0])
    levels = [*quantiles, top, top + (top - middle), top + 3 * (top - middle)]
    return tuple(float(level) for level in np.unique(levels))


def map_regions(
    anomaly_map: NDArray[np.float32],
    thresholds: tuple[float, ...],
    frame_size: tuple[int, int],
    limit: int = 20,
    ignore: NDArray[np.bool_] | None = None,
) -> tuple[Region, ...]:
    """Cut an anomaly map into scored boxes.

    Args:
        anomaly_map: float32 (h, w), finite; spans the whole frame at any resolution.
        thresholds: levels; a component is a set of 8-connected positions above one of them.
        frame_size: (H, W) of the frame in pixels.
        limit: at most this many boxes, the strongest.
        ignore: bool, True where nothing counts; any resolution that spans the whole frame.

    Returns:
        Regions in pixels of the full frame, both ends inclusive, strongest first and of
        equally strong ones the larger first; equal boxes appear once.

    Raises:
        InputError: the map is not (h, w), or holds NaN or infinite values.
    """
    values = np.asarray(anomaly_map, np.float32)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise InputError(
            f"An anomaly map must be finite and (h, w); this one has shape {values.shape}, "
            f"{int((~np.isfinite(values)).sum())} values are not finite."
        )
    if not values.size:
        return ()
    counts = np.ones(values.shape, bool)
    if ignore is not None:
        size = (values.shape[1], values.shape[0])
        counts = cv2.resize(ignore.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) == 0
    best: dict[tuple[float, float, float, float], float] = {}
    for level in thresholds:
        above = (values > level) & counts
        if above.any():
            for box, score in _components(values, above):
                scaled = _scale(box, values.shape, frame_size)
                best[scaled] = max(score, best.get(scaled, -np.inf))
    ranked = sorted(best.items(), key=lambda item: (-item[1], -_area(item[0]), item[0]))
    return tuple(Region(box=box, score=score) for box, score in ranked[:limit])


def _components(
    values: NDArray[np.float32], above: NDArray[np.bool_]
) -> list[tuple[tuple[int, int, int, int], float]]:
    """Left, top, width, height and highest value of each component."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(above.astype(np.uint8))
    highest = np.full(count, -np.inf, np.float32)
    np.maximum.at(highest, labels[above], values[above])
    return [
        ((int(x), int(y), int(width), int(height)), float(score))
        for (x, y, width, height, _), score in zip(stats[1:], highest[1:], strict=True)
    ]


def _scale(
    box: tuple[int, int, int, int], map_size: tuple[int, ...], frame_size: tuple[int, int]
) -> tuple[float, float, float, float]:
    # In whole numbers: a rounding error would push the last edge out of the frame.
    x, y, width, height = box
    (h, w), (frame_h, frame_w) = map_size, frame_size
    return (
        float(x * frame_w // w),
        float(y * frame_h // h),
        float(-(-(x + width) * frame_w // w) - 1),
        float(-(-(y + height) * frame_h // h) - 1),
    )


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0] + 1) * (box[3] - box[1] + 1)


def strongest_place(anomaly_map: NDArray[np.float32], frame_size: tuple[int, int]) -> Region | None:
    """Where a map is highest, however low it is: for a picture that must show a place.

    Args:
        anomaly_map: float32 (h, w); spans the whole frame at any resolution.
        frame_size: (H, W) of the frame in pixels.

    Returns:
        The part around the highest value that lies above half its height over the map's median;
        None where the map is flat or not finite.
    """
    values = np.asarray(anomaly_map, np.float32)
    if not values.size or not np.isfinite(values).all():
        return None
    top, middle = float(values.max()), float(np.median(values))
    if top <= middle:
        return None
    return next(iter(map_regions(values, ((top + middle) / 2,), frame_size)), None)


def at_centres(values: NDArray[np.float32], boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """The map's value at the centre of each box (n, 4), in pixels of the map (h, w), float32 (n,).

    A map is as coarse as an object: at an object's centre it says most of that object. Its highest
    value inside the box may be that of a neighbour.
    """
    height, width = values.shape
    columns = np.clip(((boxes[:, 0] + boxes[:, 2]) / 2).astype(int), 0, width - 1)
    rows = np.clip(((boxes[:, 1] + boxes[:, 3]) / 2).astype(int), 0, height - 1)
    return np.asarray(values[rows, columns], np.float32)


def painted(
    boxes: NDArray[np.float32], scores: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Each object's score painted into its box; where boxes overlap, the highest.

    Args:
        boxes: float32 (n, 4) in pixels of the map.
        scores: (n,), distances above the lowest normal score; below 0 counts as 0.
        size: (h, w).

    Returns:
        float32 (h, w), 0 where no object is.
    """
    canvas = np.zeros(size, np.float32)
    order = np.argsort(scores, kind="stable")
    for box, score in zip(boxes[order], scores[order], strict=True):
        canvas[outer(box, size)] = max(score, 0.0)
    return canvas
