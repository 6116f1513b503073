"""Coordinates as shares of the picture, in pixels of a picture."""

from __future__ import annotations

from collections.abc import Sequence


def polygon_in_pixels(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> str:
    """A polygon of shares as `awry.video.ignore.IgnoreRegions.parse` takes it.

    Args:
        corners: x and y as shares of the picture, in [0, 1].
        size: (H, W) of the picture in pixels.

    >>> polygon_in_pixels([(0, 0), (1, 0), (1, 0.5)], (101, 201))
    'polygon:0,0;200,0;200,50'
    """
    height, width = size
    pixels = (f"{round(x * (width - 1))},{round(y * (height - 1))}" for x, y in corners)
    return f"polygon:{';'.join(pixels)}"
