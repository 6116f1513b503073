"""Weather between the camera and the scene: fog, rain that falls, and rain drawn anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame
from awry.studies.corruptions.conditions import (
    Conditions,
    Image,
    Layer,
    mixed,
    repainted,
    to_uint8,
)

FOG_GREY = 205.0
RAIN_GREY = 225.0
# OpenCV draws lines at fractions of a pixel given as whole numbers of 1/16.
SHIFT = 4
NEARNESS_BANDS = 4


def fog(frames: Iterable[Frame], density: float, conditions: Conditions) -> Iterator[Frame]:
    """Fog banks that drift slowly, thicker towards the top, which is farther away.

    Args:
        frames: of one clip.
        density: optical depth at the picture's top, on average.
        conditions: of the clip.
    """
    draws = conditions.of_clip()
    banks = _banks(draws)
    begin, drift = draws.random(2), draws.uniform(-0.002, 0.002, 2)

    def paint(frame: Frame) -> Image:
        height, width = frame.image.shape[:2]
        y, x = np.mgrid[0:1:32j, 0:1:48j] + (begin + frame.index * drift)[:, None, None]
        size = len(banks)
        coarse = banks[(y * size).astype(int) % size, (x * size).astype(int) % size]
        cloud = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 1.5), (width, height))
        farness = np.linspace(1, 0.35, height, dtype=np.float32)[:, None]
        return to_uint8(mixed(frame.image, FOG_GREY, 1 - np.exp(-density * farness * cloud)))

    return repainted(frames, paint)


def _banks(draws: np.random.Generator, size: int = 256) -> Layer:
    """Thickness of the fog, float32 (size, size), about 0.5 to 1.5, that tiles without a seam."""
    total = np.zeros((size, size), np.float32)
    for cells in (4, 8, 16):
        coarse = draws.standard_normal((cells, cells), np.float32)
        around = np.pad(coarse, cells, mode="wrap")
        fine = cv2.resize(around, (3 * size, 3 * size), interpolation=cv2.INTER_CUBIC)
        total += fine[size : 2 * size, size : 2 * size] / cells
    return np.asarray(np.clip(1 + 0.25 * total / total.std(), 0.4, 1.6), np.float32)


@dataclass(frozen=True, slots=True)
class _Drops:
    """Drops that fall, each its own way; arrays (n,), in parts of the frame's height.

    Attributes:
        x, y: where they are in frame 0.
        nearness: 0 far to 1 near; near ones are longer, faster and brighter.
        slant: sideways per part fallen.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    nearness: NDArray[np.float64]
    slant: NDArray[np.float64]

    @classmethod
    def drawn(cls, count: int, aspect: float, draws: np.random.Generator) -> _Drops:
        """Drops above and in a picture of that aspect (W / H), in one wind."""
        x, y, nearness, gust = draws.random((count, 4)).T
        wind = draws.uniform(-0.15, 0.15)
        return cls(x * aspect, y, nearness**2, wind + 0.04 * (gust - 0.5))

    def streaks(self, index: int, aspect: float) -> NDArray[np.float64]:
        """Where each streak begins and ends in a frame: (n, 2, 2), x and y in parts of H."""
        length = 0.02 + 0.08 * self.nearness
        # The shutter is open for a third of the time between two frames.
        fallen = self.y * 1.2 + 3 * length * index
        rounds, y = np.divmod(fallen, 1.2)
        # Whoever has left at the bottom comes in again at the top, elsewhere.
        x = (self.x + 0.618 * aspect * rounds + self.slant * y) % aspect
        top = np.stack([x, y - length], axis=1)
        return np.stack([top, top + np.stack([self.slant * length, length], axis=1)], axis=1)


def rain(frames: Iterable[Frame], amount: float, conditions: Conditions) -> Iterator[Frame]:
    """Rain whose drops fall from frame to frame, in one wind, and a thin veil behind them.

    Args:
        frames: of one clip.
        amount: drops in a square as high as the picture.
        conditions: of the clip.
    """
    drops: dict[float, _Drops] = {}

    def paint(frame: Frame) -> Image:
        height, width = frame.image.shape[:2]
        aspect = width / height
        if aspect not in drops:
            # Drawn one after the other, so that heavier rain has the same drops and more.
            drops[aspect] = _Drops.drawn(round(amount * aspect), aspect, conditions.of_clip())
        fallen = drops[aspect]
        streaks = fallen.streaks(frame.index, aspect) * height
        share = _streak_layer((height, width), streaks, fallen.nearness)
        veiled = 1 - (1 - share) * (1 - 0.0005 * amount)
        return to_uint8(mixed(frame.image, RAIN_GREY, veiled.astype(np.float32)))

    return repainted(frames, paint)


def _streak_layer(
    size: tuple[int, int], streaks: NDArray[np.float64], nearness: NDArray[np.float64]
) -> Layer:
    """How much of the picture the streaks hide, float32 (H, W) in [0, 1]."""
    layer = np.zeros(size, np.uint8)
    bands = np.minimum((nearness * NEARNESS_BANDS).astype(int), NEARNESS_BANDS - 1)
    for band in range(NEARNESS_BANDS):
        share = 0.15 + 0.45 * band / (NEARNESS_BANDS - 1)
        _draw_lines(layer, streaks[bands == band], 255 * share, max(size[0] // 240, 1))
    soft = cv2.GaussianBlur(layer, (0, 0), 0.5 * max(size[0] / 240, 1))
    return np.asarray(soft, np.float32) / np.float32(255)


def _draw_lines(image: Image, lines: NDArray[np.float64], value: float, thickness: int) -> None:
    """Draw (n, 2, 2) lines from x, y to x, y in pixels."""
    points = list(np.rint(lines * 2**SHIFT).astype(np.int32))
    colour = (value,) * 3
    cv2.polylines(image, points, False, colour, thickness, cv2.LINE_AA, SHIFT)


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Rain as in the DAML paper's section 5.2: other drops in each frame, which never fall.

    A call darkens the picture to a factor, blurs it a little and draws the drops over it. The
    two kinds of rain are the settings of the Automold toolkit, which the paper used, for frames
    of 640x360; lengths and numbers follow the frame's height.

    Attributes:
        amount: drops in a square as high as the picture.
        length: of a streak, in parts of the height.
    """

    amount: float
    length: float

    def __call__(
        self, frames: Iterable[Frame], brightness: float, conditions: Conditions
    ) -> Iterator[Frame]:
        """Spoil a clip; `brightness` is the factor, 1 leaves it as it is."""
        return repainted(frames, lambda frame: self._paint(frame, brightness, conditions))

    def _paint(self, frame: Frame, brightness: float, conditions: Conditions) -> Image:
        height, width = frame.image.shape[:2]
        draws = conditions.of_frame(frame.index)
        top = draws.random((round(self.amount * width / height), 2)) * (width, height)
        slant = draws.uniform(-10, 10) / 360
        lines = np.stack([top, top + np.array([slant, self.length]) * height], axis=1)
        wet = frame.image.copy()
        _draw_lines(wet, lines, 200.0, max(round(height / 180), 1))
        side = 2 * round(height * 3 / 360) + 1
        wet = cv2.blur(wet, (side, side), borderType=cv2.BORDER_REPLICATE)
        return to_uint8(wet * np.float32(brightness))


HEAVY = Redrawn(amount=360**2 / 770, length=30 / 360)
TORRENTIAL = Redrawn(amount=360**2 / 500, length=60 / 360)
