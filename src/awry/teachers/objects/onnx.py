"""Detectors from local files: networks in a known layout, and Darknet's own by OpenCV 4."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, MissingError
from awry.foreign import reading, reason_of
from awry.teachers.objects.base import ObjectDetector, View
from awry.teachers.objects.network_file import Asked, OpenedNetwork, open_network
from awry.teachers.objects.onnx_layouts import (
    CLASSES,
    YOLOX,
    Candidates,
    Floats,
    OutputFormat,
)
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.weights import file_hash, find_weights

DARKNET_SIDE = 416
NOTHING = 1e-3
"""Candidates below this are not even looked at."""
SAME = 1e-3
"""Two answers to one picture are alike that differ by no more, relative or absolute."""
FARTHEST_OFFSET = 50.0
"""Raw centres lie within a few cells of their own; decoded ones spread over the picture."""


class NetworkDetector(ObjectDetector):
    """A network of a known layout from a file, in whichever runtime. Class scores are sigmoids.

    Attributes:
        network: answers pictures that `layout` prepared, float32 (n, 3, h, w), with its outputs.
        layout: how pictures go in and boxes come out.
        batches: whether `network` takes several pictures at once.
        opened: the file that it comes from.

    Args:
        opened: the network.
        options: as `DetectorOptions`.
        original: name and content of the detector that it stands for, where it was exported from
            one; None: it is one itself.
        compute: where it runs; pictures are prepared, and boxes read, on the processor.

    Raises:
        ConfigError: of no known layout, or its weights are damaged.
    """

    def __init__(
        self,
        opened: OpenedNetwork,
        options: DetectorOptions,
        original: tuple[str, str] | None = None,
        *,
        compute: Compute = PROCESSOR,
    ) -> None:
        self.opened = opened
        path = opened.file
        with reading(path.name, "a detector", ConfigError):
            self.network, self.layout = opened.ask, opened.layout()
            # Also whether it runs at all: damaged weights may be found no earlier.
            check_raw(self.network, self.layout, path)
        self.batches = opened.takes_batches and takes_two(self.network, self.layout)
        self.network = opened.ask_often
        content = opened.content
        name, fitted = (opened.name, None) if original is None else original
        super().__init__(
            name, content, "sigmoid", self.layout.threshold, options, fitted, compute=compute
        )

    def input_scale(self, size: tuple[int, int]) -> float:
        """As `ObjectDetector.input_scale`."""
        return self.layout.input_scale(size)

    def _candidates(self, view: View) -> Candidates:
        return self._candidates_in([view])[0]

    def _candidates_in(self, views: Sequence[View]) -> Sequence[Candidates]:
        """Of all tiles in one call, where the network takes a batch."""
        pictures = [self.layout.prepare(view.image) for view in views]
        if self.batches and len(views) > 1:
            together = self.network(np.concatenate(pictures))
            answers = [
                [part[number : number + 1] for part in together] for number in range(len(views))
            ]
        else:
            answers = [list(self.network(picture)) for picture in pictures]
        lowest = max(self._lowest, NOTHING)
        return [
            self.layout.read(outputs, (view.image.shape[0], view.image.shape[1]), lowest)
            for outputs, view in zip(answers, views, strict=True)
        ]


def file_detector(
    kind: str,
    file: str,
    options: DetectorOptions,
    original: tuple[str, str] | None = None,
    *,
    compute: Compute = PROCESSOR,
) -> NetworkDetector:
    """A network from a local file, run by ONNX Runtime or by OpenVINO.

    Args:
        kind: `onnx` or `openvino`.
        file: path, or name in `$AWRY_WEIGHTS`.
        options, original, compute: as `NetworkDetector`.

    Raises:
        MissingError: no such file, or OpenVINO is not installed.
        ConfigError: not such a file, or of no known layout.
    """
    path = find_weights(
        file,
        f"The detector's {'ONNX' if kind == 'onnx' else 'OpenVINO'} file",
        "--detector torchvision:NAME, boxes:FILE or foreground",
    )
    return NetworkDetector(open_network(kind, path, compute), options, original, compute=compute)


def check_raw(network: Asked, layout: OutputFormat, path: Path) -> None:
    """YOLOX's decoded boxes have the same shape as raw ones, and would be decoded twice.

    Raises:
        ConfigError: they are decoded.
    """
    raw = network(_grey(layout))[0]
    if isinstance(layout, YOLOX) and float(np.abs(raw[0, :, :2]).max()) > FARTHEST_OFFSET:
        raise ConfigError(
            f"{path.name} is a YOLOX that decodes its boxes itself; export it without "
            "--decode_in_inference."
        )


def takes_two(network: Asked, layout: OutputFormat) -> bool:
    """Whether a network whose file allows a batch answers two pictures as it answers each."""
    one = _grey(layout)
    try:
        alone, both = network(one), network(np.concatenate([one, one]))
    except Exception:  # each runtime has errors of its own
        return False
    return all(
        pair.shape == (2, *single.shape[1:])
        and np.allclose(pair, np.concatenate([single, single]), SAME, SAME)
        for single, pair in zip(alone, both, strict=True)
    )


def _grey(layout: OutputFormat) -> Floats:
    return layout.prepare(np.full((*layout.side, 3), 114, np.uint8))


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
