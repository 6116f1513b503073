"""Semantic segmentation: objects with their shapes, from whatever finds objects.

Mask R-CNN (`torchvision:maskrcnn_resnet50_fpn`) knows shapes itself. Any other object detector's
boxes are refined by motion and by difference from the background.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.frames import Objects
from awry.teachers.objects import (
    NOTHING_EXPORTED,
    DetectorOptions,
    ExportedNetwork,
    ObjectDetector,
    View,
    load_detector,
)
from awry.teachers.objects.base import taken
from awry.teachers.outputs import kept_outputs, question
from awry.video.pictures import Pictures, averaged, coloured, outer

Shape = NDArray[np.float32]

FAINT, CLEAR = 8.0, 28.0
"""Grey levels by which a pixel differs from the background where it hardly, or surely, counts."""
LEAST_SHARE = 0.15
"""A shape that fills less of its box is not to be trusted; then the box's ellipse is taken."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The objects of one frame and their shapes.

    Attributes:
        objects: boxes in pixels of the picture.
        shapes: for each object floats in [0, 1], at any resolution, stretched over the pixels that
            its box touches, see `awry.video.pictures.outer`.
    """

    objects: Objects
    shapes: tuple[NDArray[np.floating], ...]

    def shape(self, number: int, size: tuple[int, int]) -> Shape:
        """An object's shape resized to so many rows and columns, float32."""
        return averaged(self.shapes[number].astype(np.float32), size)

    def taken(self, keep: NDArray[np.bool_]) -> Segments:
        """Some of the objects."""
        shapes = tuple(one for one, there in zip(self.shapes, keep, strict=True) if there)
        return Segments(taken(self.objects, keep), shapes)

    def shrunk(self, picture: tuple[int, int], size: tuple[int, int]) -> Segments:
        """The same with shapes as small as a smaller picture needs them, to be kept in memory.

        Args:
            picture: (H, W) that the boxes speak of; they stay as they are.
            size: (h, w) of the smaller picture.
        """
        scale = np.tile(np.array(size[::-1]) / np.array(picture[::-1]), 2).astype(np.float32)
        shapes = []
        for number, box in enumerate(self.objects.boxes):
            rows, columns = outer(box * scale, size)
            inside = (rows.stop - rows.start, columns.stop - columns.start)
            shapes.append(self.shape(number, inside).astype(np.float16))
        return Segments(self.objects, tuple(shapes))


class Segmenter(Protocol):
    """Finds objects and their shapes."""

    detector: ObjectDetector

    def segment(self, view: View, background: Pictures | None, objects: Objects) -> Segments:
        """The shapes of a frame's objects.

        Args:
            view: the frame and its neighbours.
            background: uint8 (h, w, c), the scene without objects; None: unknown.
            objects: those that the detector found there, or some of them.
        """


class MaskSegmenter:
    """A detector that knows shapes itself."""

    def __init__(self, detector: ObjectDetector) -> None:
        self.detector = detector

    def segment(self, view: View, background: Pictures | None, objects: Objects) -> Segments:
        """As `Segmenter.segment`; the background is not needed."""
        detector, kept = self.detector, kept_outputs()
        if kept is None:
            masks = self._masks(view, objects)["masks"]
        else:
            key = question(detector.compute, "masks", detector.key, view.image, objects.boxes)
            masks = kept.get(key, lambda: self._masks(view, objects))["masks"]
        shapes = []
        for mask, box in zip(masks, objects.boxes, strict=True):
            rows, columns = outer(box, view.image.shape)
            size = (columns.stop - columns.start, rows.stop - rows.start)
            shapes.append(np.asarray(cv2.resize(mask.astype(np.float32), size), np.float32))
        return Segments(objects, tuple(shapes))

    def _masks(self, view: View, objects: Objects) -> dict[str, NDArray[np.generic]]:
        from awry.teachers.objects.torchvision import TorchvisionDetector

        assert isinstance(self.detector, TorchvisionDetector)
        return {"masks": self.detector.masks(view.image, objects).astype(np.float16)}


class ShapeSegmenter:
    """A detector's boxes, refined by what moves or differs from the background."""

    def __init__(self, detector: ObjectDetector) -> None:
        self.detector = detector

    def segment(self, view: View, background: Pictures | None, objects: Objects) -> Segments:
        """As `Segmenter.segment`; without background and motion the boxes' ellipses."""
        different = foreground(view.image, view.before, background)
        places = (outer(box, different.shape) for box in objects.boxes)
        return Segments(
            objects, tuple(_shape(different[rows, columns]) for rows, columns in places)
        )


def foreground(image: Pictures, before: Pictures, background: Pictures | None) -> Shape:
    """How surely each pixel belongs to an object: by difference from background, or motion.

    Args:
        image, before: uint8 (h, w, 3), a frame and an earlier one.
        background: uint8 (h, w, c), or None.

    Returns:
        float32 (h, w) in [0, 1].
    """
    difference = cv2.absdiff(image, before)
    if background is not None:
        difference = cv2.max(difference, cv2.absdiff(image, coloured(background)))
    difference = _highest(difference)
    smooth = cv2.GaussianBlur(difference.astype(np.float32), (3, 3), 0)
    return np.asarray(np.clip((smooth - FAINT) / (CLEAR - FAINT), 0, 1), np.float32)


def _highest(picture: Pictures) -> Pictures:
    """Each pixel's highest colour, uint8 (h, w); NumPy is slow at axes as short as this."""
    first, *others = cv2.split(picture)
    for plane in others:
        first = cv2.max(first, plane)
    return np.asarray(first, np.uint8)


def _shape(different: Shape) -> Shape:
    """The shape of one object, from how surely each pixel of its box is one."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    closed = cv2.morphologyEx(different, cv2.MORPH_CLOSE, kernel)
    if closed.mean() >= LEAST_SHARE:
        return np.asarray(closed, np.float32)
    rows, columns = ((np.arange(side) + 0.5) * 2 / side - 1 for side in closed.shape)
    inside = rows[:, None] ** 2 + columns[None] ** 2 <= 1
    return inside.astype(np.float32)


def load_segmenter(
    what: str,
    options: DetectorOptions | None = None,
    exported: Mapping[str, ExportedNetwork] = NOTHING_EXPORTED,
    *,
    compute: Compute = PROCESSOR,
) -> Segmenter:
    """A segmenter by the name of its object detector, see `awry.teachers.objects`.

    Args:
        what, options, compute: as `load_detector`.

    Raises:
        ConfigError, MissingError, InputError: as `load_detector`.
    """
    detector = load_detector(what, options, exported, compute=compute)
    if getattr(detector, "has_masks", False):
        return MaskSegmenter(detector)
    return ShapeSegmenter(detector)
