"""Geometry and colour of pictures: what a box covers, at which size is worked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]


def coloured(image: Pictures) -> Pictures:
    """uint8 (h, w, 3) of (h, w, 1) or (h, w, 3)."""
    return np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))


def outer(box: NDArray[np.float32], size: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a picture (h, w) that a box touches, at least one each way.

    A box wholly outside becomes the nearest pixels of the border.
    """
    left, top = (int(np.clip(np.floor(box[n]), 0, size[1 - n] - 1)) for n in (0, 1))
    right, bottom = int(np.ceil(box[2])), int(np.ceil(box[3]))
    rows = slice(top, min(max(bottom, top + 1), size[0]))
    return rows, slice(left, min(max(right, left + 1), size[1]))


def whole_pixels(
    box: NDArray[np.floating], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """A box as whole pixels of a picture (h, w), both ends inclusive."""
    last = np.tile(np.array(size[::-1]) - 1.0, 2)
    x0, y0 = np.floor(box[:2])
    x1, y1 = np.maximum(np.ceil(box[2:]) - 1, (x0, y0))
    x0, y0, x1, y1 = np.clip([x0, y0, x1, y1], 0, last)
    return float(x0), float(y0), float(x1), float(y1)


def working_size(frame: tuple[int, int], height: int | None) -> tuple[int, int]:
    """(h, w) at which frames are worked on: as they are, or reduced to a height.

    >>> working_size((1080, 1920), 480)
    (480, 853)
    """
    if height is None or frame[0] <= height:
        return frame
    return height, max(1, round(frame[1] * height / frame[0]))
