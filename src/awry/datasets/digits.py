"""Moving digits, made on the spot: after section 6.2 of Li, Leroux, Simoens, CVIU 2021 (DAML).

Handwritten digits 4 and 7 move horizontally or vertically over a black picture and bounce at its
edges. Abnormal are an unseen shape (the outline of a circle or a square), an unseen digit, and an
unseen speed. The paper's digits are MNIST's; by default they are scikit-learn's (8 x 8 pixels,
UCI), enlarged, which need no file. Test clips show samples that training never does. The same seed
gives the same clips on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.digit_samples import SPRITE, DigitSamples, digit_samples, holds_mnist
from awry.errors import ConfigError
from awry.video.memory import ArraySource

FPS = 25.0
KINDS = ("shape", "digit", "speed")
"""The kinds of anomaly; test clips are called `normal-00`, `shape-00`, ..."""
MODES = ("replace", "second")
NORMAL_DIGITS = (4, 7)
NORMAL_SPEED = 2
FAST = 4
SHAPE_STROKE = 2


@dataclass(frozen=True, slots=True)
class _Object:
    """A picture that moves.

    Attributes:
        sprite: uint8 (SPRITE, SPRITE).
        horizontal: whether it moves along x; else along y.
        start, across: position of the sprite's top left along the motion and across it.
        forward: whether it starts towards larger coordinates.
        speeds: pixels per frame, one for each frame.
        abnormal: the frames in which it is an anomaly, as (first, last), both inclusive.
        enters, leaves: the frames in which it slides in and out over the edge; None for never.
    """

    sprite: NDArray[np.uint8]
    horizontal: bool
    start: int
    across: int
    forward: bool
    speeds: tuple[int, ...]
    abnormal: tuple[int, int] | None = None
    enters: int | None = None
    leaves: int | None = None

    def positions(self, size: int) -> list[int | None]:
        """Where the sprite is along its motion in each frame; None where it is not there."""
        edge = size - SPRITE
        step = 1 if self.forward else -1
        position = self.start
        if self.enters is not None:
            position = -SPRITE if self.forward else size
        path: list[int | None] = []
        for index, speed in enumerate(self.speeds):
            if self.enters is not None and index < self.enters:
                path.append(None)
                continue
            path.append(position if -SPRITE < position < size else None)
            position += step * speed
            if self.leaves is not None and index >= self.leaves:
                continue
            beyond = position > edge if step > 0 else position < 0
            if beyond:
                position, step = min(max(position, 0), edge), -step
        return path


@dataclass(frozen=True, slots=True)
class _DigitScene:
    """The objects of one clip."""

    objects: tuple[_Object, ...]
    size: int
    length: int

    def images(self) -> NDArray[np.uint8]:
        """uint8 (n, size, size), grey; overlapping objects show the brighter pixel."""
        return self._painted(lambda index, one: True)

    def masks(self) -> NDArray[np.bool_]:
        """bool (n, size, size): the pixels of abnormal objects."""
        return self._painted(_is_abnormal) > 0

    def labels(self) -> NDArray[np.uint8]:
        """uint8 (n,), 1 where an abnormal object is to be seen."""
        visible: NDArray[np.bool_] = np.any(self.masks(), axis=(1, 2))
        return visible.astype(np.uint8)

    def _painted(self, shown: Callable[[int, _Object], bool]) -> NDArray[np.uint8]:
        # A margin takes what sticks out while an object slides over the edge.
        side = self.size + 2 * SPRITE
        canvas = np.zeros((self.length, side, side), np.uint8)
        for one in self.objects:
            for index, position in enumerate(one.positions(self.size)):
                if position is None or not shown(index, one):
                    continue
                x, y = (position, one.across) if one.horizontal else (one.across, position)
                rows = slice(y + SPRITE, y + 2 * SPRITE)
                columns = slice(x + SPRITE, x + 2 * SPRITE)
                place = canvas[index, rows, columns]
                np.maximum(place, one.sprite, out=place)
        return canvas[:, SPRITE:-SPRITE, SPRITE:-SPRITE]


def _is_abnormal(index: int, one: _Object) -> bool:
    return one.abnormal is not None and one.abnormal[0] <= index <= one.abnormal[1]


def make_digits(
    train_clips: int = 100,
    test_clips: int = 12,
    length: int = 60,
    size: int = 64,
    seed: int = 0,
    *,
    objects: int = 1,
    mode: str = "replace",
    digits: str = "sklearn",
    folder: str | Path | None = None,
) -> Dataset:
    """Make the data set; pictures are drawn when a clip is opened.

    Test clips are called by their kind: `normal-00`, and for each of `KINDS` `shape-00` and so on.
    A kind's figure is that of its clips against the normal ones.

    Args:
        train_clips: number of training clips.
        test_clips: number of test clips of each kind, and of normal ones.
        length: frames per clip.
        size: side of the picture in pixels, at least 32.
        seed: another seed gives other clips.
        objects: objects in each frame. All but one of an abnormal clip's are normal.
        mode: `replace` (the paper's) shows the abnormal object over the whole clip, so all of its
            frames are abnormal. In `second` an object more slides in over the edge in mid-clip
            and out again (in half of the normal clips a normal one, so that coming and going is
            not unusual), or the digit is fast for a while; only these frames are abnormal.
        digits: `sklearn`; `mnist`, the paper's; `auto`, MNIST where it can be had. See
            `awry.datasets.digit_samples.digit_samples`. The data set's notes say which.
        folder: where MNIST is, or will be, kept.

    Raises:
        ConfigError: an argument is out of range.
        MissingError, DatasetError: as `digit_samples`.
    """
    for name, value, least in (
        ("train_clips", train_clips, 1), ("test_clips", test_clips, 1), ("length", length, 2),
        ("size", size, SPRITE + 4), ("objects", objects, 1), ("seed", seed, 0),
    ):  # fmt: skip
        if value < least:
            raise ConfigError(f"{name} of the moving digits must be at least {least}, not {value}.")
    if mode not in MODES:
        raise ConfigError(f"The moving digits' mode is {' or '.join(MODES)}, not '{mode}'.")
    samples = digit_samples(digits, folder)
    maker = _Maker(length, size, seed, objects, mode, samples)
    train = tuple(maker.clip("normal", k, training=True) for k in range(train_clips))
    test = tuple(
        maker.clip(kind, k, training=False)
        for kind in ("normal", *KINDS)
        for k in range(test_clips)
    )
    note = f"Made on the spot with seed {seed}; no footage of a camera."
    return Dataset("digits", "digits", None, FPS, train, test, notes=(note, samples.words))


@dataclass(frozen=True, slots=True)
class _Maker:
    length: int
    size: int
    seed: int
    objects: int
    mode: str
    samples: DigitSamples

    def clip(self, kind: str, number: int, *, training: bool) -> Clip:
        """One clip, from a random stream of its own."""
        part = 0 if training else 1 + ("normal", *KINDS).index(kind)
        rng = np.random.default_rng([self.seed, part, number])
        scene = _DigitScene(tuple(self._objects(rng, kind, training)), self.size, self.length)
        name = f"train-{number:03d}" if training else f"{kind}-{number:02d}"
        opened = partial(_open, scene, name)
        if training:
            return Clip(name, opened, "digits")
        return Clip(name, opened, "digits", scene.labels, scene.masks)

    def _objects(self, rng: np.random.Generator, kind: str, training: bool) -> list[_Object]:
        some = [self._normal(rng, training) for _ in range(self.objects)]
        if self.mode == "second":
            return self._with_second(rng, kind, training, some)
        whole = (0, self.length - 1)
        if kind == "speed":
            some[0] = replace(some[0], speeds=(FAST,) * self.length, abnormal=whole)
        elif kind != "normal":
            some[0] = replace(self._moving(rng, self._strange(rng, kind)), abnormal=whole)
        return some

    def _with_second(
        self, rng: np.random.Generator, kind: str, training: bool, some: list[_Object]
    ) -> list[_Object]:
        first = int(rng.integers(self.length // 3, max(2 * self.length // 3, 1)))
        last = int(rng.integers(min(first + self.length // 6, self.length - 1), self.length))
        if kind == "speed":
            speeds = tuple(FAST if first <= k <= last else NORMAL_SPEED for k in range(self.length))
            fast = replace(some[0], speeds=speeds, abnormal=(first, last))
            return [fast, *some[1:]]
        if kind == "normal":
            if rng.random() < 0.5:
                return some
            return [*some, replace(self._normal(rng, training), enters=first, leaves=last)]
        strange = self._moving(rng, self._strange(rng, kind))
        whole = (0, self.length - 1)
        return [*some, replace(strange, abnormal=whole, enters=first, leaves=last)]

    def _normal(self, rng: np.random.Generator, training: bool) -> _Object:
        return self._moving(rng, self.samples.drawn(rng, NORMAL_DIGITS, training=training))

    def _strange(self, rng: np.random.Generator, kind: str) -> NDArray[np.uint8]:
        if kind != "digit":
            return _shape(rng)
        others = [number for number in range(10) if number not in NORMAL_DIGITS]
        return self.samples.drawn(rng, others, training=False)

    def _moving(self, rng: np.random.Generator, sprite: NDArray[np.uint8]) -> _Object:
        free = self.size - SPRITE
        return _Object(
            sprite,
            horizontal=bool(rng.integers(2)),
            start=int(rng.integers(free + 1)),
            across=int(rng.integers(free + 1)),
            forward=bool(rng.integers(2)),
            speeds=(NORMAL_SPEED,) * self.length,
        )


def _open(scene: _DigitScene, name: str) -> ArraySource:
    return ArraySource(scene.images(), FPS, name)


def _shape(rng: np.random.Generator) -> NDArray[np.uint8]:
    """The outline of a circle or a square, about as bright in all as a digit."""
    sprite = np.zeros((SPRITE, SPRITE), np.uint8)
    middle, radius = SPRITE // 2, int(rng.integers(8, 13))
    if rng.integers(2):
        cv2.circle(sprite, (middle, middle), radius, 255, SHAPE_STROKE, cv2.LINE_AA)
    else:
        corners = (middle - radius,) * 2, (middle + radius - 1,) * 2
        cv2.rectangle(sprite, *corners, 255, SHAPE_STROKE)
    return sprite


def _read(root: Path, _fps: float | None) -> Dataset:
    if holds_mnist(root):
        return make_digits(digits="mnist", folder=root)
    return make_digits()


LAYOUT = Layout(
    LayoutInfo(
        name="digits",
        title="Moving digits, made on the spot",
        how_to_get="Nothing to get: awry demo, or the format 'digits', makes them; of MNIST's "
        "digits where the folder has MNIST/raw.",
        citation="Li, Leroux, Simoens, CVIU 2021, section 6.2; digits: UCI, by scikit-learn",
        sketch="no folder: 4 and 7 are normal; shapes, other digits and speed 4 are not",
        fps=FPS,
        looks_for="nothing",
    ),
    lambda root: False,
    _read,
    on_disk=False,
)
