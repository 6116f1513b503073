"""Changing light: darker, over-exposed, flat, and the switch to night and infrared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from awry.frames import Frame
from awry.studies.corruptions.conditions import (
    Conditions,
    Image,
    Layer,
    grain,
    looked_up,
    repainted,
    to_uint8,
)

VALUES = np.arange(256, dtype=np.float64)
GAMMA = 2.2


def brightness(frames: Iterable[Frame], factor: float, _: Conditions) -> Iterator[Frame]:
    """Every value times a factor below 1."""
    return repainted(frames, looked_up(VALUES * factor))


def exposure(frames: Iterable[Frame], stops: float, _: Conditions) -> Iterator[Frame]:
    """So many stops too much light; highlights are lost."""
    light = (VALUES / 255) ** GAMMA * 2**stops
    return repainted(frames, looked_up(255 * np.minimum(light, 1) ** (1 / GAMMA)))


def contrast(frames: Iterable[Frame], factor: float, _: Conditions) -> Iterator[Frame]:
    """Values drawn towards middle grey."""
    return repainted(frames, looked_up(128 + factor * (VALUES - 128)))


def night(frames: Iterable[Frame], light: float, conditions: Conditions) -> Iterator[Frame]:
    """From the clip's middle on: no colour, little light, the lamp's cone, and sensor noise.

    Args:
        frames: of one clip.
        light: share of the light in the lamp's centre; noise grows as it falls.
        conditions: the middle is when the camera switches.
    """

    def paint(frame: Frame) -> Image:
        if frame.index < conditions.middle:
            return frame.image
        grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)[:, :, None].astype(np.float32)
        noise = grain(frame.image, 5 / light, conditions.of_frame(frame.index))
        return np.repeat(to_uint8(grey * _lamp(frame.image, light) + noise), 3, axis=2)

    return repainted(frames, paint)


def _lamp(image: Image, light: float) -> Layer:
    """Light of an infrared lamp beside the lens, float32 (H, W, 1): less towards the corners."""
    height, width = image.shape[:2]
    y, x = np.ogrid[:height, :width]
    across = (x - width / 2) / (width / 2)
    down = (y - height / 2) / (height / 2)
    return (light / (1 + 0.5 * (across**2 + down**2)))[:, :, None].astype(np.float32)
