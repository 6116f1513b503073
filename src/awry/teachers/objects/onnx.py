"""Detectors from ONNX files: the layouts of NanoDet, YOLOX and YOLOv3, told by their outputs."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError, MissingError
from awry.foreign import reading, reason_of
from awry.runtimes import onnx_session
from awry.teachers.objects.base import ObjectDetector, Picture, View
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.weights import file_hash, find_weights
from awry.video.limits import check_pixels

Floats = NDArray[np.float32]
Candidates = tuple[Floats, Floats, Floats]
STRIDES = (8, 16, 32)
CLASSES = 80
DARKNET_SIDE = 416
NOTHING = 1e-3
"""Candidates below this are not even looked at."""
FARTHEST_OFFSET = 50.0
"""Raw centres lie within a few cells of their own; decoded ones spread over the picture."""


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
    shapes: Sequence[Sequence[object]], side: tuple[int, int], file: Path
) -> OutputFormat:
    """Which family a network is of, by the shapes of its outputs.

    Raises:
        ConfigError: none of those that are known.
    """
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


class ONNXDetector(ObjectDetector):
    """A network from a local ONNX file, run by ONNX Runtime. Class scores are sigmoids.

    Args:
        file: path, or name in `$AWRY_WEIGHTS`.
        options: as `DetectorOptions`.

    Raises:
        MissingError: no such file.
        ConfigError: not an ONNX file, or of no known layout.
    """

    def __init__(self, file: str, options: DetectorOptions) -> None:
        path = find_weights(
            file,
            "The detector's ONNX file",
            "--detector torchvision:NAME, boxes:FILE or foreground",
        )
        with reading(path.name, "a detector in ONNX", ConfigError):
            self._session = onnx_session(path)
            first = self._session.get_inputs()[0]
            self._input = first.name
            height, width = (side if isinstance(side, int) else 416 for side in first.shape[2:])
            check_pixels(width, height, path.name, ConfigError)
            shapes = [output.shape for output in self._session.get_outputs()]
            self.layout = output_format(shapes, (height, width), path)
            # Also whether it runs at all: damaged weights may be found no earlier.
            self._check_raw(path)
        super().__init__(
            f"onnx:{path.name}", file_hash(path), "sigmoid", self.layout.threshold, options
        )

    def _check_raw(self, path: Path) -> None:
        """YOLOX's decoded boxes have the same shape as raw ones, and would be decoded twice."""
        grey = np.full((*self.layout.side, 3), 114, np.uint8)
        raw = self._session.run(None, {self._input: self.layout.prepare(grey)})[0]
        if isinstance(self.layout, YOLOX) and float(np.abs(raw[0, :, :2]).max()) > FARTHEST_OFFSET:
            raise ConfigError(
                f"{path.name} is a YOLOX that decodes its boxes itself; export it without "
                "--decode_in_inference."
            )

    def input_scale(self, size: tuple[int, int]) -> float:
        """As `ObjectDetector.input_scale`."""
        return self.layout.input_scale(size)

    def _candidates(self, view: View) -> Candidates:
        outputs = self._session.run(None, {self._input: self.layout.prepare(view.image)})
        size = (view.image.shape[0], view.image.shape[1])
        return self.layout.read(outputs, size, max(self._lowest, NOTHING))


class DarknetDetector(ObjectDetector):
    """YOLOv3 from its authors' `.cfg` and `.weights` files, read by OpenCV before version 5.

    Args:
        file: path of either; the other stands beside it.
        options: as `DetectorOptions`.

    Raises:
        MissingError: OpenCV 5 or later, which dropped that reader, or no such file.
    """

    def __init__(self, file: str, options: DetectorOptions) -> None:
        reader = getattr(cv2.dnn, "readNetFromDarknet", None)
        if int(cv2.__version__.split(".")[0]) >= 5 or reader is None:
            raise MissingError(
                f"darknet:{file} needs OpenCV 4: version {cv2.__version__} dropped the reader of "
                'Darknet files. pip install "opencv-python-headless<5", or convert the network to '
                "ONNX and use --detector onnx:FILE."
            )
        about = ("The detector's Darknet file", "--detector onnx:FILE")
        stem = Path(file)
        config = find_weights(str(stem.with_suffix(".cfg")), *about)
        weights = find_weights(str(stem.with_suffix(".weights")), *about)
        # OpenCV sets class scores below its `thresh` to zero; all of them are wanted.
        with reading(config.name, "Darknet's settings", ConfigError):
            words = config.read_text("utf-8")
        words_of = re.sub(r"(?m)^\[yolo\]", "[yolo]\nthresh=0.001", words)
        with TemporaryDirectory() as folder:
            lowered = Path(folder) / config.name
            lowered.write_text(words_of, "utf-8")
            try:
                self._network = reader(str(lowered), str(weights))
            except cv2.error as error:
                raise ConfigError(
                    f"{config.name} and {weights.name} cannot be read: {reason_of(error)}."
                ) from error
        content = (file_hash(config), file_hash(weights))
        super().__init__(f"darknet:{stem.name}", content, "sigmoid", 0.5, options)

    def input_scale(self, size: tuple[int, int]) -> float:
        """As `ObjectDetector.input_scale`."""
        return DARKNET_SIDE / math.sqrt(size[0] * size[1])

    def _candidates(self, view: View) -> Candidates:
        blob = cv2.dnn.blobFromImage(view.image, 1 / 255, (DARKNET_SIDE, DARKNET_SIDE))
        self._network.setInput(blob)
        outputs = self._network.forward(self._network.getUnconnectedOutLayersNames())
        raw = np.concatenate(outputs).astype(np.float32)
        if raw.shape[1] != CLASSES + 5:
            raise ConfigError(
                f"{self.name} gives {raw.shape[1] - 5} classes; expected COCO's {CLASSES}."
            )
        size = np.array(view.image.shape[1::-1], np.float32)
        confidence = raw[:, 5:].max(1)
        good = confidence > NOTHING
        centre, half = raw[good, :2] * size, raw[good, 2:4] * size / 2
        # Darknet has multiplied class scores by the objectness already.
        boxes = np.concatenate([centre - half, centre + half], 1)
        return boxes, confidence[good], raw[good, 5:]
