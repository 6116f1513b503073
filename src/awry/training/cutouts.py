"""Objects cut out of normal footage: seen against the empty scene, followed from frame to frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.teachers.objects.selection import box_iou
from awry.training.footage import Run
from awry.video.pictures import Pictures

Mask = NDArray[np.bool_]
Boxes = NDArray[np.float64]

SAMPLES = 25
"""Frames that the empty scene is the median of."""
LEAST_DIFFERENCE = 15
"""In grey levels: what compression and sensors do to a still picture stays below it."""
SAME_BOX = 0.4
"""IoU of an object's boxes in neighbouring frames."""
SAME_AREA = 1.7
"""Its area changes by no more from one frame to the next; else it met or left another one."""


@dataclass(frozen=True, slots=True)
class EmptyScene:
    """What a place looks like without anybody.

    Attributes:
        picture: uint8 (h, w, c), the median over the footage.
        least: float32 (h, w), differences up to this many grey levels are usual there.
    """

    picture: Pictures
    least: NDArray[np.float32]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> EmptyScene:
        """Measured on frames that are evenly spread over runs of one scene."""
        lengths = np.cumsum([0, *(len(run.images) for run in runs)])
        places = np.unique(np.linspace(0, lengths[-1] - 1, SAMPLES).astype(int))
        numbers = np.searchsorted(lengths, places, side="right") - 1
        pairs = zip(numbers, places, strict=True)
        frames = np.stack([runs[run].images[place - lengths[run]] for run, place in pairs])
        picture = np.median(frames, axis=0).astype(np.uint8)
        spread = np.median(_differences(frames, picture), axis=0)
        # 1.4826: a median of absolute deviations as a standard deviation, four of which are usual.
        least = np.maximum(LEAST_DIFFERENCE, 4 * 1.4826 * spread)
        return cls(picture, least.astype(np.float32))

    def foreground(self, image: Pictures, close: int) -> Mask:
        """Pixels of (h, w) that differ from the empty scene; gaps of `close` pixels are filled."""
        mask = (_differences(image, self.picture) > self.least).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(3))
        return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _disc(close)), bool)


def _differences(images: Pictures, picture: Pictures) -> NDArray[np.int16]:
    return np.abs(images.astype(np.int16) - picture).max(-1)


def _disc(side: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Cutout:
    """One object in consecutive frames of a run.

    Attributes:
        run: whose frames they are.
        first: place of the first one in `run.images`.
        boxes: float64 (n, 4), x0, y0, x1, y1 in pixels, the ends exclusive.
        masks: for each frame bool (h, w), the object's pixels inside its box.
        side: longer side of a typical object of the footage, in pixels.
    """

    run: Run
    first: int
    boxes: Boxes
    masks: tuple[Mask, ...]
    side: float

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def centres(self) -> NDArray[np.float64]:
        """Float64 (n, 2), x and y of the boxes' middles."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    def between(self, start: int, end: int | None = None) -> Cutout:
        """The same object from one of its frames up to another one."""
        rest = slice(start, end)
        return Cutout(self.run, self.first + start, self.boxes[rest], self.masks[rest], self.side)


def find_cutouts(
    pieces: Sequence[tuple[Run, slice]], scene: EmptyScene, shortest: int
) -> list[Cutout]:
    """Objects that move and can be followed for so many frames, the longest first.

    Args:
        pieces: stretches of one scene's runs.
        scene: the same scene without them.
        shortest: frames.

    Returns:
        those of a typical object's size that stay inside the picture; typical is the median of
        the longer sides of what differs from the empty scene, weighted by area.
    """
    side = _typical_side(pieces, scene)
    close = _odd(side / 8)
    found = []
    for run, frames in pieces:
        found += [_inside(one) for one in _followed(run, frames, scene, close, side)]
    usable = [one for one in found if len(one) >= shortest and _is_usable(one)]
    return sorted(usable, key=len, reverse=True)


def _typical_side(pieces: Sequence[tuple[Run, slice]], scene: EmptyScene) -> float:
    sides, areas = [1.0], [0.0]
    every = max(1, sum(frames.stop - frames.start for _, frames in pieces) // (2 * SAMPLES))
    for run, frames in pieces:
        for image in run.images[frames][::every]:
            for box, mask in _objects(scene.foreground(image, 5)):
                sides.append(float(max(box[2:] - box[:2])))
                areas.append(float(mask.sum()))
    order = np.argsort(sides)
    total = np.cumsum(np.array(areas)[order])
    return float(np.array(sides)[order][np.searchsorted(total, total[-1] / 2)])


def _odd(size: float) -> int:
    return max(3, int(size) // 2 * 2 + 1)


def _objects(foreground: Mask) -> Iterator[tuple[Boxes, Mask]]:
    """Box (4,) and pixels of each connected piece; specks are left out."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(foreground.astype(np.uint8))
    for number in range(1, count):
        x, y, width, height, area = stats[number]
        if area >= 16:
            inside = labels[y : y + height, x : x + width] == number
            yield np.array([x, y, x + width, y + height], np.float64), inside


def _followed(
    run: Run, frames: slice, scene: EmptyScene, close: int, side: float
) -> Iterator[Cutout]:
    """Everything in a stretch, each object for as long as it is surely the same one."""
    growing: list[tuple[int, list[tuple[Boxes, Mask]]]] = []
    for place in range(frames.start, frames.stop):
        here = list(_objects(scene.foreground(run.images[place], close)))
        going, over = [], []
        for start, track in growing:
            match = _match(track[-1], here)
            if match is None:
                over.append((start, track))
            else:
                going.append((start, [*track, here.pop(match)]))
        yield from (_cutout(run, start, track, side) for start, track in over)
        growing = going + [(place, [one]) for one in here]
    yield from (_cutout(run, start, track, side) for start, track in growing)


def _match(before: tuple[Boxes, Mask], here: Sequence[tuple[Boxes, Mask]]) -> int | None:
    if not here:
        return None
    boxes = np.stack([box for box, _ in here]).astype(np.float32)
    overlaps = box_iou(before[0][None].astype(np.float32), boxes)[0]
    best = int(overlaps.argmax())
    if overlaps[best] < SAME_BOX:
        return None
    ratio = here[best][1].sum() / before[1].sum()
    return best if 1 / SAME_AREA < ratio < SAME_AREA else None


def _cutout(run: Run, start: int, track: Sequence[tuple[Boxes, Mask]], side: float) -> Cutout:
    boxes, masks = zip(*track, strict=True)
    return Cutout(run, start, np.stack(boxes), masks, side)


def _inside(cutout: Cutout) -> Cutout:
    """The longest stretch in which the object does not touch the picture's border."""
    height, width = cutout.run.images.shape[1:3]
    whole = (cutout.boxes[:, :2] > 0).all(1) & (cutout.boxes[:, 2:] < (width, height)).all(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]]).astype(int)))
    if not len(edges):
        return cutout.between(0, 0)
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return cutout.between(int(starts[longest]), int(ends[longest]))


def _is_usable(cutout: Cutout) -> bool:
    """Moves, and has an object's size."""
    longer = float(np.median((cutout.boxes[:, 2:] - cutout.boxes[:, :2]).max(1)))
    path = float(np.ptp(cutout.centres, axis=0).max())
    return bool(0.4 <= longer / cutout.side <= 2 and path >= cutout.side / 4)
