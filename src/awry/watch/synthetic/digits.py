"""Handwritten digits that move to and fro, each on its own way."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.digit_samples import digit_samples
from awry.datasets.digits import NORMAL_DIGITS
from awry.watch.synthetic.noise import Exposure
from awry.watch.synthetic.scene import Picture, Plan

_ASPECT = 4 / 3
_DIGITS = 3
# Of a digit, as a share of the picture's height.
_SIDE = 0.24
# Heights of a picture a second; whoever is strange is so many times as fast.
_SPEED, _STRANGE = 0.17, 4.0
_PACES = (1.0, 0.8, 1.15)
_LASTS_S = 5.0
_INKS = ((236, 196, 92), (120, 200, 236), (226, 140, 170))
_PAPER = (44, 52, 72)


class MovingDigits:
    """The scene; see `scene.Scene`.

    Args:
        plan: when a digit is too fast.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.size = (plan.height, 2 * round(plan.height * _ASPECT / 2))
        self._exposure = Exposure(self.size, plan.seed)
        self._paper = _paper(self.size)
        self._side = round(_SIDE * plan.height)
        chance = np.random.default_rng([plan.seed, 3])
        samples = digit_samples()
        self._sprites = [
            cv2.resize(
                samples.drawn(chance, NORMAL_DIGITS, training=True),
                (self._side, self._side),
                interpolation=cv2.INTER_CUBIC,
            )
            for _ in range(_DIGITS)
        ]
        self._late = chance.uniform(0, 1000, _DIGITS)

    def picture(self, at: float) -> Picture:
        """As `Scene.picture`."""
        canvas = self._paper.copy()
        for number in range(_DIGITS):
            _paint(canvas, *self._placed(number, at), _INKS[number])
        return self._exposure.taken(canvas, at)

    def strange(self, at: float) -> str:
        """As `Scene.strange`."""
        return "fast digit" if self._hurry(at) is not None else ""

    def _hurry(self, at: float) -> float | None:
        """For how long the first digit has been too fast; None: it is not."""
        turn = self.plan.turn(at)
        if turn is None:
            return None
        number, begins, length = turn
        chance = np.random.default_rng([self.plan.seed, 4, abs(number), int(number < 0)])
        late = 0.0 if number == -1 else float(chance.uniform(0, max(length - _LASTS_S, 0.0)))
        since = at - begins - late
        return since if 0 <= since <= _LASTS_S else None

    def _placed(self, number: int, at: float) -> tuple[NDArray[np.uint8], int, int]:
        """A digit's picture, and its left and top."""
        height, free = (length - self._side for length in self.size)
        speed = _SPEED * self.plan.height
        way = (at + self._late[number]) * speed * _PACES[number]
        hurry = self._hurry(at) if number == 0 else None
        if hurry is not None:
            # There and back again, so that nothing jumps when it is over.
            way += (1 - abs(2 * hurry / _LASTS_S - 1)) * _STRANGE * speed * _LASTS_S / 2
        along = way % (2 * free)
        along = along if along <= free else 2 * free - along
        return self._sprites[number], round(along), round(height * (number + 0.5) / _DIGITS)


def _paper(size: tuple[int, int]) -> Picture:
    """What digits move over: with a texture, as nothing that cameras see is without."""
    texture = np.random.default_rng(20230602).normal(0, 1, size).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), size[0] / 150) * size[0] / 9
    lit: NDArray[np.float32] = np.array(_PAPER, np.float32) + texture[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def _paint(
    canvas: Picture, sprite: NDArray[np.uint8], left: int, top: int, ink: tuple[int, int, int]
) -> None:
    place = canvas[top : top + len(sprite), left : left + len(sprite)]
    cover = sprite.astype(np.float32)[..., None] / 255
    mixed = place * (1 - cover) + np.array(ink, np.float32) * cover
    place[:] = np.clip(mixed, 0, 255).astype(np.uint8)
