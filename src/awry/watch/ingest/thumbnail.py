"""A picture as a thumbnail: small and grey, with how colourful it is, for light and tampering."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

WIDTH = 160
"""Pixels of the small picture; its height follows from the shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """What is looked at of a picture.

    Attributes:
        at: when it was taken, seconds since 1970-01-01 UTC.
        grey: uint8 (h, 160), its brightness.
        colour: distance from grey, 0 to 128, that two pixels in a hundred exceed.
        mark: of its pixels' brightness: equal where the pictures are.
        key_mark: of the newest picture that was encoded by itself since the thumbnail before; None:
            none was.
    """

    at: float
    grey: NDArray[np.uint8]
    colour: float
    mark: int = 0
    key_mark: int | None = None


def thumbnail_of(picture: VideoFrame, at: float, key_mark: int | None = None) -> Thumbnail:
    """Of a decoded picture; see `Thumbnail`."""
    planes = picture.reformat(format="yuv444p") if _is_odd(picture) else picture
    brightness = _plane(planes, 0)
    return Thumbnail(
        at,
        small(brightness),
        _colour([_plane(planes, 1), _plane(planes, 2)]),
        mark_of(picture),
        key_mark,
    )


def small(brightness: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey picture brought to a width of 160."""
    height = max(8, round(brightness.shape[0] * WIDTH / brightness.shape[1]))
    shrunk = cv2.resize(brightness, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def of_image(image: NDArray[np.uint8], at: float, *, key: bool = True) -> Thumbnail:
    """Of an RGB picture, uint8 (h, w, 3)."""
    parts = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb), np.uint8)
    grey = np.ascontiguousarray(parts[..., 0])
    mark = _mark(grey)
    colour = _colour([parts[..., 1], parts[..., 2]])
    return Thumbnail(at, small(grey), colour, mark, mark if key else None)


def mark_of(picture: VideoFrame) -> int:
    """A mark of a decoded picture's brightness."""
    return _mark(_plane(picture.reformat(format="gray") if _is_odd(picture) else picture, 0))


def _is_odd(picture: VideoFrame) -> bool:
    """Whether its planes are not brightness and two colours of a byte a pixel."""
    return not picture.format.name.startswith(("yuv4", "yuvj4")) or "p1" in picture.format.name


def _plane(picture: VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = picture.planes[index]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _colour(parts: list[NDArray[np.uint8]]) -> float:
    far = [np.abs(part[::4, ::4].astype(np.int16) - 128) for part in parts]
    return float(np.percentile(np.maximum(*far), 98))


def _mark(brightness: NDArray[np.uint8]) -> int:
    return zlib.crc32(brightness[::2].tobytes())
