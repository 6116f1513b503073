"""A square seen in perspective: people cross it, and now and then somebody is far too fast."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.perspective import EYE, FOCAL, HORIZON, RUN, SHIFT, STRIDE, WALK, draw_walker
from awry.datasets.perspective import SIZE as SMALL
from awry.watch.synthetic.noise import Exposure
from awry.watch.synthetic.scene import Picture, Plan

_ASPECT = 16 / 9
# Half of the view's width at one metre: as in the data set of small pictures.
_HALF = SMALL[1] / 2 / FOCAL
_WALKERS = 6
# A walker's turns; the longest way over the square takes less.
_TURN_S = 26.0
_LEAST_WAY, _LONGEST_WAY = 9.0, 30.0
# Metres from the camera: people are below the picture, and where they walk.
_BELOW, _NEAR, _FAR = 6.0, 11.0, 30.0
# What comes that is not usual, in turns, and its metres in a second.
_STRANGE = (("bicycle", 5.4), ("runner", RUN), ("jogger", 2.9))
# Somebody strange keeps near, so that it can be seen.
_STRANGE_FAR = 19.0
_SKIN = ((224, 182, 150), (150, 105, 80), (196, 150, 118))
_CLOTHES = (
    *((58, 84, 120), (130, 60, 58), (64, 96, 70), (88, 80, 96)),
    *((48, 50, 58), (150, 128, 84), (70, 110, 130)),
)

Spot = tuple[float, float]
"""Metres to the right of the middle, and from the camera."""


@dataclass(frozen=True, slots=True)
class _Trip:
    """Somebody's way over the square, from outside of the picture to outside.

    Attributes:
        start, end: where it begins and ends.
        begins: seconds since 1970.
        speed: metres in a second.
        shades: of legs, chest and head, RGB.
        kind: empty for a walker, else what is strange.
    """

    start: Spot
    end: Spot
    begins: float
    speed: float
    shades: tuple[tuple[int, int, int], ...]
    kind: str = ""

    @property
    def metres(self) -> float:
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))

    def place(self, at: float) -> tuple[float, float, float] | None:
        """x, z and metres walked; None: not on the way."""
        walked = (at - self.begins) * self.speed
        share = walked / self.metres
        if not 0 <= share <= 1:
            return None
        x = self.start[0] + share * (self.end[0] - self.start[0])
        return x, self.start[1] + share * (self.end[1] - self.start[1]), walked


class Square:
    """The scene; see `scene.Scene`.

    Args:
        plan: when somebody is too fast.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.size = (plan.height, 2 * round(plan.height * _ASPECT / 2))
        self._ground = _ground(self.size)
        self._exposure = Exposure(self.size, plan.seed)

    def picture(self, at: float) -> Picture:
        """As `Scene.picture`."""
        canvas = self._ground.copy()
        placed = [(trip, trip.place(at)) for trip in self._trips(at)]
        there = [(trip, place) for trip, place in placed if place is not None]
        for trip, place in sorted(there, key=lambda one: -one[1][1]):
            _draw(canvas, trip, *place)
        return self._exposure.taken(canvas, at)

    def strange(self, at: float) -> str:
        """As `Scene.strange`."""
        trip = self._strange_trip(at)
        return trip.kind if trip is not None and trip.place(at) is not None else ""

    def _trips(self, at: float) -> list[_Trip]:
        walkers = [self._walker(number, at) for number in range(_WALKERS)]
        strange = self._strange_trip(at)
        return walkers if strange is None else [*walkers, strange]

    def _walker(self, number: int, at: float) -> _Trip:
        late = number * _TURN_S / _WALKERS
        turn = int((at - late) // _TURN_S)
        chance = np.random.default_rng([self.plan.seed, 1, number, turn])
        speed = WALK * float(chance.uniform(0.85, 1.1))
        start, end = _way(chance, _FAR, speed * _TURN_S)
        return _Trip(start, end, late + turn * _TURN_S, speed, _dressed(chance))

    def _strange_trip(self, at: float) -> _Trip | None:
        turn = self.plan.turn(at)
        if turn is None:
            return None
        number, begins, length = turn
        chance = np.random.default_rng([self.plan.seed, 2, abs(number), int(number < 0)])
        kind, speed = _STRANGE[(abs(number) - 1) % len(_STRANGE)]
        start, end = _way(chance, _STRANGE_FAR, _LONGEST_WAY, across=True)
        longest = _LONGEST_WAY / speed
        # A visitor need not wait for the first.
        late = 0.0 if number == -1 else float(chance.uniform(0, max(length - longest, 0.0)))
        return _Trip(start, end, begins + late, speed, _dressed(chance), kind)


def _way(
    chance: np.random.Generator, far: float, longest: float, *, across: bool = False
) -> tuple[Spot, Spot]:
    """From one side of the view to another: straight across, or slantwise."""
    while True:
        sides = [0, 1] if across else [int(one) for one in chance.permutation(3)[:2]]
        if across and chance.integers(2):
            sides = [1, 0]
        start, end = (_edge(chance, side, far) for side in sides)
        if _LEAST_WAY <= np.hypot(end[0] - start[0], end[1] - start[1]) <= longest:
            return start, end


def _edge(chance: np.random.Generator, side: int, far: float) -> Spot:
    """A spot just outside: to the left (0), to the right (1), or below (2)."""
    if side == 2:
        half = _HALF * _BELOW
        return float(chance.uniform(-half, half)), _BELOW
    z = float(chance.uniform(_NEAR, far))
    outside = _HALF * z + 1.2
    return (-outside if side == 0 else outside), z


def _dressed(chance: np.random.Generator) -> tuple[tuple[int, int, int], ...]:
    legs, chest = chance.integers(len(_CLOTHES), size=2)
    return _CLOTHES[legs], _CLOTHES[chest], _SKIN[chance.integers(len(_SKIN))]


def _draw(canvas: Picture, trip: _Trip, x: float, z: float, walked: float) -> None:
    height, width = canvas.shape[:2]
    scale = width / 2 / _HALF / z
    middle, foot = width / 2 + x * scale, HORIZON * height + EYE * scale
    _draw_shadow(canvas, middle, foot, scale)
    legs, chest, head = trip.shades
    if trip.kind == "bicycle":
        _draw_wheels(canvas, middle, foot, scale)
        foot -= 0.35 * scale
    # Who runs takes longer steps.
    stride = STRIDE * max(1.0, trip.speed / (2 * WALK))
    phase = walked / stride * np.pi
    draw_walker(canvas, (middle, foot), scale, (legs, chest, head), phase, cv2.LINE_AA)


def _fixed(*values: float) -> tuple[int, ...]:
    return tuple(round(value * 2**SHIFT) for value in values)


def _draw_shadow(canvas: Picture, middle: float, foot: float, scale: float) -> None:
    axes = _fixed(0.42 * scale, 0.1 * scale)
    place = _fixed(middle + 0.18 * scale, foot)
    cv2.ellipse(canvas, place, axes, 0, 0, 360, (118, 112, 104), -1, cv2.LINE_AA, SHIFT)


def _draw_wheels(canvas: Picture, middle: float, foot: float, scale: float) -> None:
    radius = round(0.34 * scale * 2**SHIFT)
    thick = max(1, round(0.06 * scale))
    for side in (-0.55, 0.55):
        place = _fixed(middle + side * scale, foot - 0.34 * scale)
        cv2.circle(canvas, place, radius, (30, 30, 34), thick, cv2.LINE_AA, SHIFT)
    ends = (
        _fixed(middle - 0.55 * scale, foot - 0.34 * scale),
        _fixed(middle + 0.55 * scale, foot - 0.5 * scale),
    )
    cv2.line(canvas, *ends, (170, 40, 36), thick, cv2.LINE_AA, SHIFT)


def _ground(size: tuple[int, int]) -> Picture:
    """Paving in perspective, before a house with windows."""
    height, width = size
    focal = width / 2 / _HALF
    horizon = int(HORIZON * height)
    rows = np.arange(horizon + 1, height)
    z = EYE * focal / (rows - HORIZON * height)
    x = (np.arange(width) - width / 2)[None, :] * z[:, None] / focal
    slabs = ((np.floor(x / 2) + np.floor(z[:, None] / 2)) % 2)[..., None]
    near = np.clip(1 - (z - _NEAR) / 60, 0.75, 1)[:, None, None]
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = (196, 208, 220)
    canvas[horizon + 1 :] = np.clip((np.array([172, 164, 152]) - 9 * slabs) * near, 0, 255)
    _draw_house(canvas, height / 360)
    texture = np.random.default_rng(20230601).normal(0, 1, size).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 2.0 * height / 360) * 12
    lit: NDArray[np.float32] = canvas.astype(np.float32) + texture[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def _draw_house(canvas: Picture, scale: float) -> None:
    """A house beyond the square.

    Args:
        canvas: drawn upon.
        scale: pixels of one of 360 rows.
    """

    def box(left: int, top: int, right: int, bottom: int, shade: tuple[int, ...]) -> None:
        ends = [round(value * scale) for value in (left, top, right, bottom)]
        cv2.rectangle(canvas, (ends[0], ends[1]), (ends[2], ends[3]), shade, -1)

    box(40, 8, 550, 79, (186, 152, 126))
    box(40, 8, 550, 13, (120, 84, 70))
    for left in range(62, 500, 58):
        box(left - 2, 22, left + 28, 54, (226, 220, 208))
        box(left, 24, left + 26, 52, (92, 104, 118))
    box(358, 36, 392, 79, (84, 64, 54))
