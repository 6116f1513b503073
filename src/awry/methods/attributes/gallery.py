"""Training crops, kept small, to be shown beside an object that looks like none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.methods.attributes.density import Neighbours
from awry.video.pictures import Pictures

QUALITY = 90


class Gallery:
    """Crops with their features.

    Args:
        features: float32 (n, d), one row a crop.
        crops: JPEG files.
    """

    def __init__(self, features: NDArray[np.float32], crops: Sequence[bytes]) -> None:
        self.features = features
        self._crops = list(crops)
        self._neighbours = Neighbours(features, 1) if len(features) else None

    @classmethod
    def of(cls, features: NDArray[np.float32], crops: Sequence[Pictures], most: int) -> Gallery:
        """At most so many crops, evenly spread.

        Args:
            features: float32 (n, d).
            crops: uint8 (h, w, 3) RGB.
            most: how many are kept.
        """
        chosen = np.linspace(0, len(crops) - 1, min(most, len(crops))).astype(int)
        # As they are in a bundle, so that saving changes no picture.
        rounded = features[chosen].astype(np.float16).astype(np.float32)
        return cls(rounded, [_written(crops[number]) for number in chosen])

    def __len__(self) -> int:
        return len(self._crops)

    def nearest(self, feature: NDArray[np.float32], count: int) -> list[Pictures]:
        """The crops nearest to a feature vector (d,), nearest first; uint8 (h, w, 3) RGB."""
        if self._neighbours is None:
            return []
        return [_read(self._crops[place]) for place in self._neighbours.nearest(feature, count)]

    def state(self) -> dict[str, Tensor]:
        """As named tensors: all files in one row of bytes."""
        lengths = [len(crop) for crop in self._crops]
        every = np.frombuffer(b"".join(self._crops), np.uint8).copy()
        return {
            "features": torch.from_numpy(self.features.astype(np.float16)),
            "lengths": torch.tensor(lengths, dtype=torch.int64),
            "files": torch.from_numpy(every),
        }

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor]) -> Gallery:
        """What `state` gave; KeyError or ValueError where it does not fit."""
        features, lengths = tensors["features"].float().numpy(), tensors["lengths"].numpy()
        files = tensors["files"].numpy().tobytes()
        if (
            len(lengths) != len(features)
            or lengths.min(initial=0) < 0
            or lengths.sum() != len(files)
        ):
            raise ValueError("crops and their features do not go together")
        ends = np.concatenate([[0], np.cumsum(lengths)])
        return cls(features, [files[first:last] for first, last in pairwise(ends)])


def _written(crop: Pictures) -> bytes:
    parameters = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), parameters)
    return data.tobytes()


def _read(file: bytes) -> Pictures:
    """A crop; one black pixel where the file is damaged, which a picture must not stop for."""
    image = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) if file else None
    if image is None:
        return np.zeros((1, 1, 3), np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def framed(crop: Pictures, side: int) -> Pictures:
    """A crop in the middle of a grey square, as large as fits; uint8 (side, side, 3)."""
    factor = side / max(crop.shape[:2])
    height, width = (max(1, round(length * factor)) for length in crop.shape[:2])
    large = cv2.resize(crop, (width, height), interpolation=cv2.INTER_LINEAR)
    picture = np.full((side, side, 3), 128, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    picture[top : top + height, left : left + width] = large
    return picture
