"""Small footage that tests make on the spot."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset
from awry.video.memory import ArraySource


def moving_square(
    length: int, seed: int, size: tuple[int, int] = (48, 72), speed: int = 2
) -> NDArray[np.uint8]:
    """uint8 (length, H, W, 3): a bright square that walks to and fro before a still background."""
    generator = np.random.default_rng(seed)
    small = np.random.default_rng(0).integers(40, 80, (6, 9, 3), dtype=np.uint8)
    background = cv2.resize(small, (72, 48), interpolation=cv2.INTER_LINEAR)
    top, place, step = int(generator.integers(24, 38)), int(generator.integers(0, 60)), speed
    images = []
    for _ in range(length):
        image = background.copy()
        image[top : top + 10, place : place + 10] = (200, 180, 160)
        images.append(cv2.resize(image, size[::-1], interpolation=cv2.INTER_NEAREST))
        if not 0 <= place + step <= 62:
            step = -step
        place += step
    return np.stack(images)


def moving_square_data(
    seed: int = 0, clips: int = 4, length: int = 60, size: tuple[int, int] = (48, 72)
) -> Dataset:
    """Normal clips, and test clips in whose middle the square runs."""

    def opener(images: NDArray[np.uint8], name: str) -> Callable[[], ArraySource]:
        return lambda: ArraySource(images, fps=10, name=name)

    train = []
    for number in range(clips):
        images = moving_square(length, seed * 100 + number, size)
        train.append(Clip(f"train-{number}", opener(images, f"train-{number}"), "yard"))
    test = []
    for number in range(2):
        images = moving_square(length, 900 + number, size)
        middle = slice(length // 2, length * 3 // 4)
        images[middle] = moving_square(length, 950 + number, size, speed=8)[middle]
        labels = np.zeros(length, np.uint8)
        labels[middle] = 1
        name = f"test-{number}"
        test.append(Clip(name, opener(images, name), "yard", labels=labels.copy))
    return Dataset("memory", "squares", None, 10.0, tuple(train), tuple(test))
