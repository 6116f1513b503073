"""What a real camera adds to a picture: noise, and light that changes slowly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.watch.synthetic.scene import Picture

_TILES = 8
_SIGMA = 1.2
# Whatever the rate, the next picture has other noise.
_CHANGES = 61.0
# Light goes up and down by this share, once in so many seconds.
_LIGHT, _LIGHT_S = 0.05, 1500.0


class Exposure:
    """Noise and light of one camera.

    Args:
        size: height and width of its pictures.
        seed: of the noise.
    """

    def __init__(self, size: tuple[int, int], seed: int) -> None:
        chance = np.random.default_rng([seed, 11])
        self._tiles: list[NDArray[np.int16]] = [
            np.repeat(np.rint(chance.normal(0, _SIGMA, (*size, 1))), 3, 2).astype(np.int16)
            for _ in range(_TILES)
        ]

    def taken(self, drawn: Picture, at: float) -> Picture:
        """The picture as a camera takes it.

        Args:
            drawn: uint8 (H, W, 3).
            at: seconds since 1970-01-01 UTC.
        """
        light = 1 + _LIGHT * np.sin(2 * np.pi * at / _LIGHT_S)
        lit = cv2.convertScaleAbs(drawn, alpha=float(light))
        tile = self._tiles[int(at * _CHANGES) % _TILES]
        return np.asarray(cv2.add(lit, tile, dtype=cv2.CV_8U), np.uint8)
