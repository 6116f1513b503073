"""A scene without what moves, and how far boxes of a picture differ from it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.teachers.objects.selection import box_areas
from awry.video.pictures import averaged, outer, working_size

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Place = tuple[slice, slice]
HEIGHT = 240
"""Higher pictures are compared at this height: it costs less, and shakes count less."""
FAINT, CLEAR = 8.0, 24.0
"""Grey levels beyond the scene's own noise at which a pixel begins to differ, and surely does."""
NOISES = 2.0
MOST_NOISE = 10.0
"""Where people pass all the time the spread is theirs and no noise: it is cut off here."""
ALIKE = 0.7, 0.95
"""Correlation of a box with the same pixels of the empty scene: from the first on it is doubted, at
the second it is the empty scene in another light."""
_DARK = 8.0
"""Added to both sides of a ratio of grey levels, since that of two dark pixels says little."""
_GAINS = 0.4, 2.5
_CELLS = 12, 16
_REST = 0.3
"""Of a box, what must be left beside smaller boxes for that rest to be judged alone."""
_SMALLER = 0.5
_SQUARE = np.ones((3, 3), np.uint8)


class EmptyScene:
    """The scene without what moves.

    Attributes:
        picture: uint8 (h, w, c), each pixel's median over time; at most `HEIGHT` high.
        noise: float32 (h, w), grey levels by which a pixel spreads around it.
    """

    def __init__(self, picture: Picture, noise: Floats) -> None:
        self.picture = picture
        self.noise = noise
        self.size = (picture.shape[0], picture.shape[1])
        planes = [_smooth(plane) for plane in _planes(picture)]
        # Between the lowest and the highest neighbour nothing differs: a shift by a pixel.
        self._bounds = [(cv2.erode(one, _SQUARE), cv2.dilate(one, _SQUARE)) for one in planes]
        self._grey = _mean(planes)
        self._cells = _cells(picture)
        self._least = np.float32(FAINT) + np.float32(NOISES) * noise

    @classmethod
    def seen_in(cls, pictures: Sequence[Picture]) -> EmptyScene:
        """From pictures uint8 (H, W, c) of one scene, spread over the footage."""
        size = working_size((pictures[0].shape[0], pictures[0].shape[1]), HEIGHT)
        small = [_reduced(picture, size) for picture in pictures]
        median = median_picture(small)
        usual, cells = _planes(median), _cells(median)
        apart = np.stack([_farthest(_as_lit(one, cells), usual) for one in small])
        spread = 1.4826 * np.median(apart, 0)
        return cls(median, np.minimum(spread, MOST_NOISE).astype(np.float32))

    def shares(self, picture: Picture, boxes: Floats) -> Floats:
        """How much of each box is something that the empty scene has not.

        A box around the whole scene is not borne out by the people who walk through it: only what
        no smaller box explains counts. A brightness that changes all over the picture is taken out,
        and a box that looks as in the empty scene but for its light counts less.

        Args:
            picture: uint8 (H, W, c) of the same view.
            boxes: float32 (n, 4), as shares of the picture's sides.

        Returns:
            float32 (n,) in [0, 1].
        """
        planes = [_smooth(one) for one in _as_lit(_reduced(picture, self.size), self._cells)]
        scale = np.tile(np.array(self.size[::-1], np.float32), 2)
        places = [outer(box, self.size) for box in boxes * scale]
        shares = _unexplained(self._foreground(planes), places, box_areas(boxes))
        grey = _mean(planes)
        alike = np.array([_correlation(grey[place], self._grey[place]) for place in places])
        low, high = ALIKE
        return np.asarray(shares * (1 - np.clip((alike - low) / (high - low), 0, 1)), np.float32)

    def _foreground(self, planes: Sequence[Floats]) -> Floats:
        """How surely each pixel differs from the scene, float32 (h, w) in [0, 1]."""
        most = np.zeros(self.size, np.float32)
        for plane, (low, high) in zip(planes, self._bounds, strict=True):
            most = cv2.max(most, cv2.max(plane - high, low - plane))
        return np.clip((most - self._least) / np.float32(CLEAR - FAINT), 0, 1)


def median_picture(pictures: Sequence[Picture]) -> Picture:
    """The scene without what moves: each pixel's median."""
    return np.median(np.stack(pictures), axis=0).astype(np.uint8)


def _reduced(picture: Picture, size: tuple[int, int]) -> Picture:
    if picture.shape[:2] == size:
        return np.asarray(picture)
    small = cv2.resize(np.asarray(picture), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small.reshape(*size, -1), np.uint8)


def _planes(picture: Picture) -> list[Floats]:
    """One float32 (h, w) for each colour: reductions over them are slow where they lie together."""
    return [plane.astype(np.float32) for plane in cv2.split(np.asarray(picture))]


def _cells(picture: Picture) -> Floats:
    return averaged(np.asarray(picture, np.float32), _CELLS).reshape(*_CELLS, -1) + np.float32(
        _DARK
    )


def _as_lit(picture: Picture, usual: Floats) -> list[Floats]:
    """The picture's planes, as bright as the scene with such cells in each colour.

    The median over coarse cells: an object has to cover half of them to be mistaken for light.
    """
    gains = np.median(_cells(picture) / usual, axis=(0, 1)).clip(*_GAINS).astype(np.float32)
    dark = np.float32(_DARK)
    return [(one + dark) / gain - dark for one, gain in zip(_planes(picture), gains, strict=True)]


def _farthest(planes: Sequence[Floats], others: Sequence[Floats]) -> Floats:
    apart = [cv2.absdiff(one, other) for one, other in zip(planes, others, strict=True)]
    return np.asarray(np.maximum.reduce(apart))


def _mean(planes: Sequence[Floats]) -> Floats:
    return np.asarray(sum(planes[1:], start=planes[0]) / np.float32(len(planes)), np.float32)


def _smooth(plane: Floats) -> Floats:
    return np.asarray(cv2.blur(plane, (3, 3)), np.float32)


def _unexplained(foreground: Floats, places: Sequence[Place], areas: Floats) -> Floats:
    """The mean of the foreground in each box beside the smaller boxes in it, (n,)."""
    shares = np.empty(len(places), np.float32)
    for number, (rows, columns) in enumerate(places):
        inside = foreground[rows, columns]
        rest = np.ones(inside.shape, bool)
        for other in np.flatnonzero(areas < _SMALLER * areas[number]):
            top, left = places[int(other)]
            rest[
                max(top.start - rows.start, 0) : max(top.stop - rows.start, 0),
                max(left.start - columns.start, 0) : max(left.stop - columns.start, 0),
            ] = False
        shares[number] = inside[rest].mean() if rest.mean() >= _REST else inside.mean()
    return shares


def _correlation(one: Floats, other: Floats) -> float:
    """Pearson's, 0 where one of the two is flat."""
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / size if size > 1e-6 else 0.0
