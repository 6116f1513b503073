"""Detectors from local files: ONNX in a known layout, and Darknet's own by OpenCV 4."""

from __future__ import annotations

import math
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from awry.errors import ConfigError, MissingError
from awry.foreign import reading, reason_of
from awry.runtimes import onnx_session
from awry.teachers.objects.base import ObjectDetector, View
from awry.teachers.objects.onnx_layouts import CLASSES, YOLOX, Candidates, output_format
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.weights import file_hash, find_weights
from awry.video.limits import check_pixels

DARKNET_SIDE = 416
NOTHING = 1e-3
"""Candidates below this are not even looked at."""
FARTHEST_OFFSET = 50.0
"""Raw centres lie within a few cells of their own; decoded ones spread over the picture."""


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
            metadata = self._session.get_modelmeta().custom_metadata_map
            self.layout = output_format(shapes, (height, width), path, metadata)
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
                "Darknet files. Convert them: awry weights yolov3 --cfg FILE.cfg --weights "
                "FILE.weights --out FILE.onnx, then --detector onnx:FILE.onnx; or pip install "
                '"opencv-python-headless<5".'
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
