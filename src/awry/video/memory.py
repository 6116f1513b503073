"""Arrays in memory as clips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import FrameError
from awry.frames import Frame
from awry.video.source import SourceHealth


class ArraySource:
    """Frames that are in memory already.

    Args:
        images: uint8, (n, H, W, 3) RGB or (n, H, W) grey, which is expanded to three equal
            channels.
        fps: frames per second; frame times are `index / fps`, or None without it.
        name: how the clip is called.

    Raises:
        FrameError: another shape or dtype.
    """

    def __init__(
        self, images: NDArray[np.uint8], fps: float | None = None, name: str = "clip"
    ) -> None:
        if not isinstance(images, np.ndarray):
            raise FrameError(
                f"Expected a uint8 array (n, H, W, 3) or (n, H, W), got {type(images).__name__}; "
                "several images of one size become one by np.stack(images)."
            )
        if images.dtype != np.uint8 or (images.ndim != 3 and images.shape[3:] != (3,)):
            raise FrameError(
                f"Expected uint8 images of shape (n, H, W, 3) or (n, H, W), "
                f"got {images.dtype} {images.shape}."
            )
        self.images = images
        self.fps = fps
        self.name = name
        self.health = SourceHealth()

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.images)

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(self.images):
            if image.ndim == 2:
                image = np.repeat(image[:, :, None], 3, axis=2)
            yield Frame(index, None if self.fps is None else index / self.fps, image)


class FrameSource:
    """Frames that a program makes as a source: an iterable of `Frame`s, or of images.

    Args:
        frames: frames as they come; of images, uint8 arrays (H, W, 3) RGB or (H, W).
        fps: frames per second of images, or None.
        name: the source's name.

    Attributes:
        health: always without a fault.

    It can be iterated as often as `frames` can.

    Raises:
        FrameError: while iterating, for anything else.
    """

    def __init__(self, frames: Iterable[Any], fps: float | None = None, name: str = "clip") -> None:
        self._frames = frames
        self.fps = fps
        self.name = name
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        for index, given in enumerate(self._frames):
            if isinstance(given, Frame):
                yield given
                continue
            if not isinstance(given, np.ndarray) or given.ndim not in (2, 3):
                raise FrameError(
                    "Expected frames, or uint8 images of shape (H, W, 3) or (H, W), got "
                    f"{type(given).__name__}."
                )
            (frame,) = ArraySource(given[None], name=self.name)
            time_s = None if self.fps is None else index / self.fps
            yield Frame(index, time_s, frame.image)
