"""Decoded pictures become arrays, upright as players show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray

# A display matrix holds fixed-point numbers; this is 1.
_ONE = 1 << 16
# How far its numbers may be from those of a quarter turn.
_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Turn:
    """How a picture must be turned to stand upright: transposed, then mirrored.

    Attributes:
        transposed: rows become columns.
        left_right, up_down: mirrored that way, after transposing.
        odd: the file asks for another angle than a quarter turn; it is not followed.
    """

    transposed: bool = False
    left_right: bool = False
    up_down: bool = False
    odd: bool = False

    @property
    def words(self) -> str | None:
        """What is done to stored pictures, or None where nothing is done."""
        if self.odd:
            return "The file asks for a turn by no multiple of 90 degrees; frames are as stored."
        how = _WORDS[self.transposed, self.left_right, self.up_down]
        return None if how is None else f"Frames are {how}, as the file's display matrix says."

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An image (H, W, 3) as it should be seen; (W, H, 3) after a quarter turn."""
        if self.transposed:
            image = image.transpose(1, 0, 2)
        if self.left_right:
            image = image[:, ::-1]
        if self.up_down:
            image = image[::-1]
        return np.ascontiguousarray(image)


_WORDS = {
    (False, False, False): None,
    (False, True, False): "mirrored left to right",
    (False, False, True): "mirrored top to bottom",
    (False, True, True): "turned by 180 degrees",
    (True, True, False): "turned by 90 degrees clockwise",
    (True, False, True): "turned by 90 degrees counterclockwise",
    (True, False, False): "mirrored along their diagonal",
    (True, True, True): "mirrored along their other diagonal",
}


def turn_of(picture: VideoFrame) -> Turn:
    """How a picture must be turned, from its display matrix.

    The matrix maps a stored point (p, q) to `(a p + c q, b p + d q)`, up to a shift (ISO/IEC
    14496-12, 6.2.2); its numbers are `a, b, u, c, d, v, x, y, w`.
    """
    side_data = cast("Mapping[Type, Buffer]", picture.side_data)  # PyAV declares another type
    if not side_data or (data := side_data.get(Type.DISPLAYMATRIX)) is None:
        return Turn()
    numbers = np.frombuffer(memoryview(data), np.int32)
    linear = numbers[[0, 1, 3, 4]] / _ONE if len(numbers) >= 9 else np.array([1.0, 0, 0, 1])
    scale = float(np.abs(linear).max())
    a, b, c, d = linear / scale if scale else np.array([1.0, 0, 0, 1])
    if max(abs(b), abs(c)) < _TOLERANCE and min(abs(a), abs(d)) > _TOLERANCE:
        return Turn(left_right=bool(a < 0), up_down=bool(d < 0))
    if max(abs(a), abs(d)) < _TOLERANCE and min(abs(b), abs(c)) > _TOLERANCE:
        return Turn(transposed=True, left_right=bool(c < 0), up_down=bool(b < 0))
    return Turn(odd=True)


def upright_image(picture: VideoFrame) -> NDArray[np.uint8]:
    """A decoded picture as uint8 (H, W, 3), RGB, upright."""
    image = cast("NDArray[np.uint8]", picture.to_ndarray(format="rgb24"))
    return turn_of(picture).apply(image)
