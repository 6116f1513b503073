"""Geometry and colour of pictures: their working size, resizing, masks, what a box covers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
# Rounding to whole pixels changes the aspect ratio by less than this.
_ASPECT_TOLERANCE = 0.02


def coloured(image: Pictures) -> Pictures:
    """uint8 (h, w, 3) of (h, w, 1) or (h, w, 3)."""
    if image.shape[2] == 1 and image.size:  # many times faster than a copy of a broadcast view
        return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_GRAY2RGB), np.uint8)
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


def resized(image: Pictures, size: tuple[int, int] | None, grey: bool = False) -> Pictures:
    """The picture at working size: grey first if asked for, then bilinear.

    Args:
        image: uint8 (H, W, 3), RGB.
        size: (h, w); None keeps the picture's own.
        grey: one channel (ITU-R BT.601 luma) instead of three.

    Returns:
        uint8 (h, w, 1) or (h, w, 3); may be `image` itself.
    """
    if grey:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if size is not None and image.shape[:2] != tuple(size):
        image = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return image.reshape(*image.shape[:2], -1)


def same_aspect(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes (h, w) differ by rounding alone in their aspect ratio."""
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) < _ASPECT_TOLERANCE


def averaged(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """A map (H, W) or (H, W, c) at the size (h, w), each value the mean of the area it covers."""
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_AREA), np.float32)


def small_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Positions of a map (h, w) that lie wholly inside a mask (H, W).

    >>> small_mask(np.array([[True, True, False, True]] * 2), (1, 2)).tolist()
    [[True, False]]
    """
    return averaged(mask.astype(np.float32), size) > 0.999


def cut_out(image: Pictures, box: NDArray[np.float32]) -> Pictures:
    """A box out of one frame at its own size, uint8 RGB (h, w, 3)."""
    rows, columns = outer(box, image.shape)
    return coloured(image[rows, columns])


def grown(
    boxes: NDArray[np.float32], margin: float, frame_size: tuple[int, int]
) -> NDArray[np.float32]:
    """Boxes (n, 4) that are larger by a share of their sides, within the frame (H, W)."""
    sides = boxes[:, 2:] - boxes[:, :2]
    larger = boxes + np.concatenate([-sides, sides], 1) * margin / 2
    limit = np.tile(np.array(frame_size[::-1], np.float32), 2)
    return np.asarray(np.clip(larger, 0, limit), np.float32)
