"""A square seen in perspective, made on the spot: people walk over it in several directions.

Size and speed in the picture shrink with the distance; who walks along the line of sight seems
slower than who crosses it; legs move faster than chests. Whoever predicts motion in the picture
needs to know distance, direction and body part, which is what section 3.5 of Baradaran and
Bergevin (CVPRW 2023) is about. Abnormal are runners, carts, and people who turn back and forth.
The same seed gives the same clips on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.errors import ConfigError
from awry.video.memory import ArraySource

FPS = 25.0
KINDS = ("run", "cart", "turn")
"""The kinds of anomaly; test clips are called `normal-00`, `run-00`, ..."""
SIZE = (128, 192)
"""Height and width of the picture in pixels."""
HORIZON = 0.22
"""Share of the picture's height above the horizon."""
FOCAL = 190.0
"""Pixels that one metre takes at a distance of one metre."""
EYE = 4.5
"""Height of the camera in metres."""
NEAR, FAR = 9.5, 30.0
"""Where people walk, in metres from the camera."""
PERSON = 1.75
"""Height of a person in metres."""
WALK, RUN = 1.6, 4.2
"""Metres in a second."""
STRIDE = 0.7
"""Metres between two steps."""
TURN_EVERY = 7
"""Frames after which somebody who turns back and forth changes direction."""
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody, or a cart, on the ground plane.

    Attributes:
        x, z: metres to the right of the middle, and from the camera, in the first frame.
        angle: direction in radians; 0 to the right, pi / 2 away from the camera.
        speed: metres in a second.
        shade: grey value.
        phase: of the steps.
        kind: `normal` or one of `KINDS`.
        first, last: frames in which the anomaly is there, both inclusive.
    """

    x: float
    z: float
    angle: float
    speed: float
    shade: int
    phase: float
    kind: str = "normal"
    first: int = 0
    last: int = -1

    def abnormal(self, frame: int) -> bool:
        """Whether a frame shows the anomaly."""
        return self.first <= frame <= self.last

    def path(self, length: int) -> Iterator[tuple[float, float, float]]:
        """x, z and metres walked in each frame; people turn round at the square's edges."""
        x, z, angle, walked = self.x, self.z, self.angle, 0.0
        for frame in range(length):
            yield x, z, walked
            strange = self.abnormal(frame)
            speed = RUN if strange and self.kind == "run" else self.speed
            if strange and self.kind == "turn" and (frame - self.first) % TURN_EVERY == 0:
                angle += np.pi
            step = speed / FPS
            x, z, walked = x + step * np.cos(angle), z + step * np.sin(angle), walked + step
            half = SIZE[1] / 2 / FOCAL * z + 1
            if (z < NEAR and np.sin(angle) < 0) or (z > FAR and np.sin(angle) > 0):
                angle = -angle
            if (x < -half and np.cos(angle) < 0) or (x > half and np.cos(angle) > 0):
                angle = np.pi - angle


@dataclass(frozen=True, slots=True)
class _StreetScene:
    """The people of one clip."""

    people: tuple[_Person, ...]
    length: int
    seed: int

    def images(self) -> NDArray[np.uint8]:
        """uint8 (n, H, W), grey."""
        ground = _ground()
        noise = np.random.default_rng([self.seed, 9])
        images = np.empty((self.length, *SIZE), np.uint8)
        for frame, places in enumerate(self._places()):
            canvas = ground.copy()
            for person, (x, z, walked) in places:
                _draw(canvas, person, x, z, walked, person.shade, frame)
            shaken = canvas + noise.normal(0, 1.5, SIZE)
            images[frame] = np.clip(np.rint(shaken), 0, 255)
        return images

    def masks(self) -> NDArray[np.bool_]:
        """bool (n, H, W): the pixels of abnormal people and carts that nobody hides."""
        masks = np.zeros((self.length, *SIZE), np.uint8)
        for frame, places in enumerate(self._places()):
            for person, (x, z, walked) in places:
                shown = int(person.abnormal(frame))
                _draw(masks[frame], person, x, z, walked, shown, frame)
        return masks > 0

    def labels(self) -> NDArray[np.uint8]:
        """uint8 (n,), 1 where something abnormal is to be visible."""
        visible: NDArray[np.bool_] = np.any(self.masks(), axis=(1, 2))
        return visible.astype(np.uint8)

    def _places(self) -> Iterator[list[tuple[_Person, tuple[float, float, float]]]]:
        """For each frame the people and where they are, the farthest first."""
        paths = [list(person.path(self.length)) for person in self.people]
        for frame in range(self.length):
            places = [(p, path[frame]) for p, path in zip(self.people, paths, strict=True)]
            yield sorted(places, key=lambda place: -place[1][1])


def _ground() -> NDArray[np.uint8]:
    """A textured square that gets darker with the distance, under an empty sky."""
    height, width = SIZE
    random = np.random.default_rng(20230601)
    texture = cv2.GaussianBlur(random.normal(0, 1, SIZE), (0, 0), 1.5) * 14
    rows = np.linspace(120, 175, height)[:, None] + np.zeros((1, width))
    rows[: int(HORIZON * height)] = 205
    return np.clip(rows + texture, 0, 255).astype(np.uint8)


def _draw(
    canvas: NDArray[np.uint8],
    person: _Person,
    x: float,
    z: float,
    walked: float,
    value: int,
    frame: int,
) -> None:
    scale = FOCAL / z
    foot = HORIZON * SIZE[0] + EYE * scale
    middle = SIZE[1] / 2 + x * scale
    if person.kind == "cart" and person.abnormal(frame):
        _draw_cart(canvas, middle, foot, scale, value)
    else:
        phase = person.phase + walked / STRIDE * np.pi
        draw_walker(canvas, (middle, foot), scale, (value, value, value), phase)


SHIFT = 4
"""Fractional bits of drawn coordinates: motion of less than a pixel must be seen."""


def _fixed(*values: float) -> tuple[int, ...]:
    return tuple(round(value * 2**SHIFT) for value in values)


Shade = int | tuple[int, int, int]
"""Of a grey canvas, or of one with three channels."""


def draw_walker(
    canvas: NDArray[np.uint8],
    place: tuple[float, float],
    scale: float,
    shades: tuple[Shade, Shade, Shade],
    phase: float,
    line: int = cv2.LINE_8,
) -> None:
    """A head, a chest and two legs that swing against each other.

    Args:
        canvas: uint8 (H, W) or (H, W, 3), drawn upon.
        place: of the feet, x and y in pixels.
        scale: pixels that one metre takes there.
        shades: of the legs, the chest and the head.
        phase: of the steps, in radians.
        line: how OpenCV draws edges.
    """
    middle, foot = place
    tall = PERSON * scale
    hip = foot - 0.48 * tall
    swing = 0.2 * tall * np.sin(phase)
    thick = max(1, round(0.09 * tall))
    for side in (swing, -swing):
        ends = _fixed(middle, hip), _fixed(middle + side, foot)
        cv2.line(canvas, *ends, shades[0], thick, line, SHIFT)
    chest, head = foot - 0.66 * tall, foot - 0.93 * tall
    axes = _fixed(0.13 * tall, 0.22 * tall)
    cv2.ellipse(canvas, _fixed(middle, chest), axes, 0, 0, 360, shades[1], -1, line, SHIFT)
    radius = round(0.075 * tall * 2**SHIFT)
    cv2.circle(canvas, _fixed(middle, head), radius, shades[2], -1, line, SHIFT)


def _draw_cart(
    canvas: NDArray[np.uint8], middle: float, foot: float, scale: float, value: int
) -> None:
    """A box on two wheels."""
    long, tall = 1.5 * scale, 1.2 * scale
    corners = _fixed(middle - long / 2, foot - tall), _fixed(middle + long / 2, foot - 0.25 * tall)
    cv2.rectangle(canvas, *corners, value, -1, cv2.LINE_8, SHIFT)
    for side in (-0.3, 0.3):
        place = _fixed(middle + side * long, foot - 0.15 * tall)
        radius = round(0.16 * tall * 2**SHIFT)
        cv2.circle(canvas, place, radius, value, -1, cv2.LINE_8, SHIFT)


def make_perspective(
    train_clips: int = 16,
    test_clips: int = 4,
    length: int = 100,
    seed: int = 0,
    *,
    people: int = 6,
) -> Dataset:
    """Make the data set; pictures are drawn when a clip is opened.

    Test clips are called by their kind: `normal-00`, and for each of `KINDS` `run-00` and so on.
    The anomaly takes the middle of the clip: one of its people runs, is a cart, or turns back and
    forth.

    Args:
        train_clips: number of training clips.
        test_clips: number of test clips of each kind, and of normal ones.
        length: frames per clip.
        seed: another seed gives other clips.
        people: in each clip.

    Raises:
        ConfigError: an argument is out of range.
    """
    for name, value, least in (
        ("train_clips", train_clips, 1), ("test_clips", test_clips, 1), ("length", length, 4),
        ("people", people, 1), ("seed", seed, 0),
    ):  # fmt: skip
        if value < least:
            raise ConfigError(f"{name} of the perspective scene must be at least {least}.")
    train = tuple(_clip("normal", n, seed, length, people, 0) for n in range(train_clips))
    test = tuple(
        _clip(kind, n, seed, length, people, part)
        for part, kind in enumerate(("normal", *KINDS), 1)
        for n in range(test_clips)
    )
    note = f"Made on the spot with seed {seed}; no footage of a camera."
    return Dataset("perspective", "perspective", None, FPS, train, test, notes=(note,))


def _clip(kind: str, number: int, seed: int, length: int, people: int, part: int) -> Clip:
    """One clip, from a random stream of its own; part 0 is for training."""
    random = np.random.default_rng([seed, part, number])
    some = [_somebody(random) for _ in range(people)]
    if kind != "normal":
        first, last = length // 4, length - length // 4 - 1
        one = _somebody(random, near=True)
        some[0] = _Person(
            one.x, one.z, one.angle, one.speed, one.shade, one.phase, kind, first, last
        )
    scene = _StreetScene(tuple(some), length, int(random.integers(2**31)))
    name = f"{kind}-{number:02d}" if part else f"train-{number:03d}"
    opened = partial(_open, scene, name)
    if not part:
        return Clip(name, opened, "perspective")
    return Clip(name, opened, "perspective", scene.labels, scene.masks)


def _somebody(random: np.random.Generator, *, near: bool = False) -> _Person:
    """Somebody who walks: across, along or slantwise; near the middle, where that is asked for."""
    z = float(random.uniform(NEAR, FAR)) if not near else float(random.uniform(NEAR, 18))
    half = SIZE[1] / 2 / FOCAL * z * (0.4 if near else 1)
    return _Person(
        x=float(random.uniform(-half, half)),
        z=z,
        angle=float(random.integers(8)) * np.pi / 4,
        speed=WALK * float(random.uniform(0.9, 1.1)),
        shade=int(random.integers(25, 85)),
        phase=float(random.uniform(0, 2 * np.pi)),
    )


def _open(scene: _StreetScene, name: str) -> ArraySource:
    return ArraySource(scene.images(), FPS, name)


def _read(_root: Path, _fps: float | None) -> Dataset:
    return make_perspective()


LAYOUT = Layout(
    LayoutInfo(
        name="perspective",
        title="A square in perspective, made on the spot",
        how_to_get="Nothing to get: the format 'perspective' makes it.",
        citation="",
        sketch="no folder: people walk; runners, carts and people who turn to and fro are abnormal",
        fps=FPS,
        looks_for="nothing",
    ),
    lambda root: False,
    _read,
    on_disk=False,
)
