"""The camera itself: out of focus, noisy, compressed too much, shaken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from awry.frames import Frame
from awry.studies.corruptions.conditions import (
    Conditions,
    Image,
    Layer,
    grain,
    repainted,
    to_uint8,
)

# How much of a shaken camera's displacement is left in the next frame.
SWAY = 0.6


def blur(frames: Iterable[Frame], radius: float, _: Conditions) -> Iterator[Frame]:
    """Out of focus: every point becomes a disc.

    Args:
        frames: of one clip.
        radius: of the disc, in per cent of the frame's height.
    """

    def paint(frame: Frame) -> Image:
        kernel = _disc(radius / 100 * frame.image.shape[0])
        return np.asarray(
            cv2.filter2D(frame.image, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8
        )

    return repainted(frames, paint)


def _disc(radius: float) -> Layer:
    """A filled circle with soft edges that sums to 1, so that fractions of a pixel count."""
    reach = int(np.ceil(radius))
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return (disc / disc.sum()).astype(np.float32)


def noise(frames: Iterable[Frame], sigma: float, conditions: Conditions) -> Iterator[Frame]:
    """Sensor noise, new in each frame; `sigma` in grey values."""

    def paint(frame: Frame) -> Image:
        return to_uint8(frame.image + grain(frame.image, sigma, conditions.of_frame(frame.index)))

    return repainted(frames, paint)


def compression(frames: Iterable[Frame], quality: float, _: Conditions) -> Iterator[Frame]:
    """Each frame through JPEG of that quality, 1-100."""

    def paint(frame: Frame) -> Image:
        bgr = np.ascontiguousarray(frame.image[:, :, ::-1])
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        decoded: Image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        return np.ascontiguousarray(decoded[:, :, ::-1])

    return repainted(frames, paint)


def shake(frames: Iterable[Frame], amount: float, conditions: Conditions) -> Iterator[Frame]:
    """A mast in the wind: the picture is moved by fractions of a pixel, edges replicated.

    Args:
        frames: of one clip.
        amount: standard deviation of the displacement each way, in per cent of the height.
        conditions: of the clip.
    """
    draws = conditions.of_clip()
    place = draws.standard_normal(2)
    for frame in frames:
        height, width = frame.image.shape[:2]
        x, y = amount / 100 * height * place
        moved = cv2.warpAffine(
            frame.image,
            np.array([[1, 0, x], [0, 1, y]]),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        yield replace(frame, image=np.asarray(moved, np.uint8))
        place = SWAY * place + np.sqrt(1 - SWAY**2) * draws.standard_normal(2)
