"""How families of detectors in ONNX take pictures and give boxes: told by their outputs.

A file that awry converted from Darknet says so in its metadata, see `LAYOUT`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError
from awry.teachers.objects.base import Picture

Floats = NDArray[np.float32]
Candidates = tuple[Floats, Floats, Floats]
STRIDES = (8, 16, 32)
CLASSES = 80
LAYOUT, DARKNET = "awry.layout", "darknet"
"""Key and value of a file's metadata that say that awry converted it from Darknet."""


def cells(height: int, width: int, stride: int) -> Floats:
    """Column and row of each cell of a grid, row by row, float32 (n, 2)."""
    rows, columns = np.mgrid[: -(-height // stride), : -(-width // stride)]
    return np.stack([columns.ravel(), rows.ravel()], 1).astype(np.float32)


class OutputFormat(ABC):
    """How a family of networks takes pictures and gives boxes.

    Attributes:
        name: of the family.
        threshold: confidence above which its boxes are good.
        side: (height, width) of the network's input.
    """

    name: str
    threshold: float

    def __init__(self, side: tuple[int, int]) -> None:
        self.side = side

    @abstractmethod
    def prepare(self, image: Picture) -> Floats:
        """The network's input (1, 3, height, width) of an RGB picture."""

    @abstractmethod
    def read(self, outputs: Sequence[Floats], size: tuple[int, int], lowest: float) -> Candidates:
        """Boxes in pixels of a picture of that (height, width), confidences, probabilities.

        Without candidates whose confidence is below `lowest`.
        """

    def letterboxed(self, image: Picture, grey: int) -> Picture:
        """The picture, its aspect kept, at the top left of the input's size."""
        scale = self.scale(image.shape[:2])
        height, width = (max(1, round(length * scale)) for length in image.shape[:2])
        canvas = np.full((*self.side, 3), grey, np.uint8)
        canvas[:height, :width] = cv2.resize(image, (width, height))
        return canvas

    def scale(self, size: tuple[int, ...]) -> float:
        """Pixels of the input to one of the picture, where the aspect is kept."""
        return min(self.side[0] / size[0], self.side[1] / size[1])

    def input_scale(self, size: tuple[int, int]) -> float:
        """Pixels of the input to one of a picture (h, w), over both directions."""
        return self.scale(size)


class NanoDet(OutputFormat):
    """Class scores through the sigmoid, and distances to the four sides as distributions."""

    name = "NanoDet"
    threshold = 0.3
    _MEAN = np.array([103.53, 116.28, 123.675], np.float32)
    _SCALE = np.array([57.375, 57.12, 58.395], np.float32)

    def prepare(self, image: Picture) -> Floats:
        """BGR, plainly resized, standardised."""
        sized = cv2.resize(image, self.side[::-1])
        planes = np.empty((1, 3, *self.side), np.float32)
        for place, colour in enumerate((2, 1, 0)):
            np.subtract(sized[..., colour], self._MEAN[place], out=planes[0, place])
            planes[0, place] /= self._SCALE[place]
        return planes

    def input_scale(self, size: tuple[int, int]) -> float:
        """As `OutputFormat.input_scale`; the picture is not letterboxed."""
        return math.sqrt(self.side[0] * self.side[1] / (size[0] * size[1]))

    def read(self, outputs: Sequence[Floats], size: tuple[int, int], lowest: float) -> Candidates:
        """Each level has scores (1, n, 80) and distances (1, n, 4 * bins)."""
        boxes, chances = [], []
        for stride in STRIDES:
            grid = cells(*self.side, stride)
            scores, distances = _pair(outputs, len(grid))
            good = scores.max(1) >= lowest
            bins = distances[good].reshape(-1, 4, distances.shape[1] // 4)
            weights = np.exp(bins - bins.max(2, keepdims=True))
            steps = np.arange(bins.shape[2], dtype=np.float32)
            far = (weights * steps).sum(2) / weights.sum(2) * stride
            centre = (grid[good] + 0.5) * stride
            boxes.append(np.concatenate([centre - far[:, :2], centre + far[:, 2:]], 1))
            chances.append(scores[good])
        scaled = np.concatenate(boxes)
        scaled *= np.tile([size[1] / self.side[1], size[0] / self.side[0]], 2)
        probabilities = np.concatenate(chances)
        return scaled.astype(np.float32), probabilities.max(1), probabilities


def _pair(outputs: Sequence[Floats], count: int) -> tuple[Floats, Floats]:
    """The scores and the distances of the level with so many cells."""
    level = [output[0] for output in outputs if output.shape[1] == count]
    scores = next(part for part in level if part.shape[1] == CLASSES)
    return scores, next(part for part in level if part.shape[1] != CLASSES)


class YOLOX(OutputFormat):
    """One raw box a cell: offsets, log sides, objectness, class scores."""

    name = "YOLOX"
    threshold = 0.3

    def prepare(self, image: Picture) -> Floats:
        """BGR 0-255, letterboxed with grey 114."""
        sized = self.letterboxed(image, 114)[..., ::-1]
        return np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32)

    def read(self, outputs: Sequence[Floats], size: tuple[int, int], lowest: float) -> Candidates:
        """One output (1, n, 85) over all strides."""
        raw = outputs[0][0]
        grids = [cells(*self.side, stride) for stride in STRIDES]
        strides = np.repeat(STRIDES, [len(grid) for grid in grids]).astype(np.float32)[:, None]
        centre = (raw[:, :2] + np.concatenate(grids)) * strides
        sides = np.exp(raw[:, 2:4]) * strides
        return _from_centres(centre, sides, raw[:, 4:], self.scale(size), lowest)


class YOLOv3(OutputFormat):
    """Three decoded boxes a cell: centre, sides, objectness, class scores."""

    name = "YOLOv3"
    threshold = 0.5

    def prepare(self, image: Picture) -> Floats:
        """RGB 0-1, letterboxed with grey 114."""
        sized = self.letterboxed(image, 114)
        return np.ascontiguousarray(sized.transpose(2, 0, 1)[None] / np.float32(255))

    def read(self, outputs: Sequence[Floats], size: tuple[int, int], lowest: float) -> Candidates:
        """One output (1, n, 85), boxes in pixels of the input."""
        raw = outputs[0][0]
        return _from_centres(raw[:, :2], raw[:, 2:4], raw[:, 4:], self.scale(size), lowest)


class DarknetBoxes(YOLOv3):
    """YOLOv3 with Darknet's own letterbox: in the middle, on grey 0.5, resized as Darknet does."""

    name = "YOLOv3 (Darknet)"

    def prepare(self, image: Picture) -> Floats:
        """RGB 0-1."""
        height, width = self.inner(image.shape[:2])
        top, left = (self.side[0] - height) // 2, (self.side[1] - width) // 2
        canvas = np.full((1, 3, *self.side), 0.5, np.float32)
        sized = corner_aligned(image, (height, width)).transpose(2, 0, 1)
        canvas[0, :, top : top + height, left : left + width] = sized / np.float32(255)
        return canvas

    def inner(self, size: tuple[int, ...]) -> tuple[int, int]:
        """Height and width of a picture (h, w) within the input; fractions are cut off."""
        (height, width), (rows, columns) = self.side, size
        if width / columns < height / rows:
            return max(1, rows * width // columns), width
        return height, max(1, columns * height // rows)

    def read(self, outputs: Sequence[Floats], size: tuple[int, int], lowest: float) -> Candidates:
        """One output (1, n, 85), boxes in pixels of the input."""
        raw = outputs[0][0]
        boxes, scores, probabilities = _from_centres(
            raw[:, :2], raw[:, 2:4], raw[:, 4:], 1.0, lowest
        )
        inner = np.array(self.inner(size)[::-1], np.float32)
        # Darknet takes half of an odd border here, though the picture lies on whole pixels.
        border = (np.array(self.side[::-1], np.float32) - inner) / 2
        scale = np.array(size[::-1], np.float32) / inner
        placed = (boxes - np.tile(border, 2)) * np.tile(scale, 2)
        return placed.astype(np.float32), scores, probabilities


def corner_aligned(image: Picture, size: tuple[int, int]) -> Floats:
    """A picture (H, W, c) resized linearly, corner pixels on corner pixels: (h, w, c), 0-255."""
    values: NDArray[np.generic] = image
    for axis, wanted in enumerate(size):
        there = values.shape[axis]
        places = np.linspace(0, there - 1, wanted) if wanted > 1 else np.zeros(1)
        low = np.minimum(places.astype(np.int64), max(there - 2, 0))
        share = (
            (places - low).astype(np.float32).reshape([-1 if k == axis else 1 for k in range(3)])
        )
        below = values.take(low, axis).astype(np.float32, copy=False)
        above = values.take(np.minimum(low + 1, there - 1), axis)
        values = below + share * (above - below)
    return values.astype(np.float32, copy=False)


def _from_centres(
    centre: Floats, sides: Floats, scores: Floats, scale: float, lowest: float
) -> Candidates:
    """Objectness and class scores (n, 81) multiply, as both families mean them."""
    probabilities = scores[:, :1] * scores[:, 1:]
    confidence = probabilities.max(1)
    good = confidence >= lowest
    boxes = np.concatenate([centre - sides / 2, centre + sides / 2], 1)[good] / scale
    return boxes.astype(np.float32), confidence[good], probabilities[good]


def output_format(
    shapes: Sequence[Sequence[object]],
    side: tuple[int, int],
    file: Path,
    metadata: Mapping[str, str] | None = None,
) -> OutputFormat:
    """Which family a network is of, by the shapes of its outputs.

    Args:
        shapes: of the outputs.
        side: (height, width) of the input.
        file: for the message.
        metadata: the file's own; says so where awry converted it from Darknet.

    Raises:
        ConfigError: none of those that are known.
    """
    if (metadata or {}).get(LAYOUT) == DARKNET:
        if [len(shape) for shape in shapes] == [3] and shapes[0][2] == CLASSES + 5:
            return DarknetBoxes(side)
        raise ConfigError(
            f"{file.name} says that awry made it of a Darknet network, but gives outputs of shapes "
            f"{[list(shape) for shape in shapes]}: convert it again with awry weights yolov3."
        )
    counts = [len(cells(*side, stride)) for stride in STRIDES]
    known = [(shape[1], shape[2]) for shape in shapes if len(shape) == 3]
    per_level = [count for count, last in known if last == CLASSES]
    if sorted(map(str, per_level)) == sorted(map(str, counts)):
        return NanoDet(side)
    if known and known[0][1] == CLASSES + 5 and known[0][0] in (sum(counts), 3 * sum(counts)):
        return YOLOX(side) if known[0][0] == sum(counts) else YOLOv3(side)
    raise ConfigError(
        f"{file.name} gives outputs of shapes {[list(shape) for shape in shapes]}; known are the "
        f"layouts of NanoDet ((1, n, 80) and (1, n, 44) a level), YOLOX ((1, {sum(counts)}, 85)) "
        f"and YOLOv3 ((1, {3 * sum(counts)}, 85)), trained on COCO's 80 classes and exported "
        "with a fixed input size."
    )
