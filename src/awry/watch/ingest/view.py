"""What a camera usually shows, and how a picture differs from that."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
# Blocks along a small picture's width.
_BLOCK = 10
# A block has detail where its brightness changes by so many grey levels from pixel to pixel.
_DETAIL = 2.0
# A block has lost its detail where less than this share is left.
_LEFT = 0.45
# Likeness, and gain of it, that show that the view was shifted.
_ALIKE, _GAIN = 0.3, 0.15
# How wide the neighbourhood is, in pixels, that a pixel's brightness is compared with.
_HIGH_PASS = 15


@dataclass(frozen=True, slots=True)
class Difference:
    """How a picture differs from the usual view.

    Attributes:
        lost: share of the blocks with detail that have lost it, in [0, 1].
        likeness: correlation of the fine structure, up to 1.
        coarse: correlation of the coarse brightness, up to 1.
        shift: by how much the view moved, as a share of the picture's width.
        shifted_likeness: correlation of the fine structure once that is undone.
    """

    lost: float
    likeness: float
    coarse: float
    shift: float
    shifted_likeness: float

    @property
    def is_shifted(self) -> bool:
        """Whether undoing the shift makes the picture the usual one; else it means nothing."""
        return self.shifted_likeness > max(_ALIKE, self.likeness + _GAIN)


class View:
    """The usual view of a camera, from pictures of its first minutes; follows slow changes.

    Args:
        pictures: uint8 (h, 160), the more the better; what moves is left out by their median.

    Attributes:
        brightness: its mean.
        typical: how the pictures themselves differ from it, the worst of each.
    """

    def __init__(self, pictures: list[NDArray[np.uint8]]) -> None:
        stack = np.stack(pictures).astype(np.float32)
        self._usual: Grey = np.median(stack, axis=0).astype(np.float32)
        self._detail = np.median([_detail(one) for one in stack], axis=0)
        self._window = cv2.createHanningWindow(self._usual.shape[::-1], cv2.CV_32F)
        self.typical = self._worst([self.compare(one) for one in pictures])

    @staticmethod
    def _worst(each: list[Difference]) -> Difference:
        return Difference(
            lost=max(one.lost for one in each),
            likeness=min(one.likeness for one in each),
            coarse=min(one.coarse for one in each),
            shift=max(one.shift if one.is_shifted else 0.0 for one in each),
            shifted_likeness=max(one.shifted_likeness for one in each),
        )

    @property
    def brightness(self) -> float:
        """Its mean, 0 to 255."""
        return float(self._usual.mean())

    @property
    def has_detail(self) -> bool:
        """Whether there is enough in it to be lost."""
        return int((self._detail > _DETAIL).sum()) >= 4

    def compare(self, picture: NDArray[np.uint8]) -> Difference:
        """How a picture differs.

        Args:
            picture: uint8 (h, 160), of the same size as those it was made from.
        """
        now = picture.astype(np.float32)
        rich = self._detail > _DETAIL
        left = _detail(now)[rich] / self._detail[rich] if rich.any() else np.ones(1)
        fine, usual = _fine(now), _fine(self._usual)
        (right, down), _ = cv2.phaseCorrelate(usual, fine, self._window)
        return Difference(
            lost=float((left < _LEFT).mean()),
            likeness=_correlation(fine, usual),
            coarse=_correlation(_coarse(now), _coarse(self._usual)),
            shift=float(np.hypot(right, down) / now.shape[1]),
            shifted_likeness=_moved_likeness(fine, usual, round(right), round(down)),
        )

    def follow(self, picture: NDArray[np.uint8], share: float) -> None:
        """Let the view follow an undisturbed picture a little, by a share in [0, 1]."""
        now = picture.astype(np.float32)
        self._usual += np.float32(share) * (now - self._usual)
        self._detail += share * (_detail(now) - self._detail)


def _detail(picture: Grey) -> NDArray[np.float64]:
    """How much brightness changes from pixel to pixel, by blocks."""
    changes = np.abs(cv2.Laplacian(picture, cv2.CV_32F))
    rows, columns = (max(1, length // _BLOCK) for length in picture.shape)
    blocks = cv2.resize(changes, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(blocks, np.float64)


def _fine(picture: Grey) -> Grey:
    around = cv2.blur(picture, (_HIGH_PASS, _HIGH_PASS))
    # Strong edges must not outvote the rest.
    return np.asarray(np.clip(picture - around, -40, 40), np.float32)


def _coarse(picture: Grey) -> Grey:
    return np.asarray(cv2.resize(picture, (16, 12), interpolation=cv2.INTER_AREA), np.float32)


def _correlation(one: Grey, other: Grey) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size > 0 else 0.0


def _moved_likeness(fine: Grey, usual: Grey, right: int, down: int) -> float:
    """The correlation of what both show, once the picture's shift is undone."""
    height, width = fine.shape
    if abs(right) > width // 2 or abs(down) > height // 2:
        return 0.0
    here = fine[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    there = usual[max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)]
    return _correlation(here, there)
