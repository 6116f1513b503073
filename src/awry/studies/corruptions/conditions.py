"""What a corruption may know of the clip that it spoils, and the small steps that all share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame

Image = NDArray[np.uint8]
Layer = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Random numbers of one clip, the same whatever the severity, and its middle.

    Attributes:
        key: what every random number follows from.
        middle: the frame at which a lasting change sets in.
    """

    key: int
    middle: int

    @classmethod
    def of(cls, seed: int, clip: str, corruption: str, middle: int) -> Conditions:
        """The conditions of a clip, by names alone, so that the order of clips does not matter."""
        digest = hashlib.sha256(f"{seed}\0{clip}\0{corruption}".encode()).digest()
        return cls(int.from_bytes(digest[:16], "big"), middle)

    def of_clip(self) -> np.random.Generator:
        """Random numbers that hold for the whole clip."""
        return np.random.default_rng([self.key])

    def of_frame(self, index: int) -> np.random.Generator:
        """Random numbers of one frame, whatever frames came before it."""
        return np.random.default_rng([self.key, index + 1])


def repainted(frames: Iterable[Frame], paint: Callable[[Frame], Image]) -> Iterator[Frame]:
    """The same frames with other pictures."""
    for frame in frames:
        yield replace(frame, image=paint(frame))


def to_uint8(image: NDArray[np.floating]) -> Image:
    """Rounded and clipped to 0-255."""
    return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)


def looked_up(curve: NDArray[np.floating]) -> Callable[[Frame], Image]:
    """Paints each value v of a frame as `curve[v]`; float (256,)."""
    table = to_uint8(curve)
    return lambda frame: np.asarray(cv2.LUT(frame.image, table), np.uint8)


def mixed(image: Image, colour: float, share: Layer) -> NDArray[np.float32]:
    """A grey value laid over a picture.

    Args:
        image: uint8 (H, W, 3).
        colour: 0-255.
        share: float32 (H, W), 0 leaves the picture, 1 hides it.
    """
    picture = image.astype(np.float32)
    return np.asarray(picture + (colour - picture) * share[:, :, None], np.float32)


def grain(image: Image, sigma: float, draws: np.random.Generator) -> Layer:
    """Sensor noise of a standard deviation in grey values, float32 (H, W, 1).

    It is the same in all channels, so that grey footage stays grey; cameras smooth the noise of
    colour away before they encode.
    """
    return sigma * draws.standard_normal((*image.shape[:2], 1), np.float32)
