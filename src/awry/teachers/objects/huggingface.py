"""Detectors from the Hugging Face hub, or from a folder in its layout: D-FINE, RT-DETRv2, DETR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError
from awry.teachers.hub import from_hub
from awry.teachers.objects.base import Floats, ObjectDetector, View
from awry.teachers.objects.coco import columns_of
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.outputs import digest

THRESHOLD = 0.5
INSTEAD = "--detector onnx:FILE, torchvision:NAME or foreground"


class HuggingFaceDetector(ObjectDetector):
    """A transformers model for object detection that was trained on COCO.

    Class scores are sigmoids, unless the model has a column for "no object", as DETR: then they
    are a softmax.

    Args:
        name: of the repository, e.g. `ustc-community/dfine-small-coco`, or a folder.
        options: as `DetectorOptions`.
        compute: where it runs; its own processor prepares pictures beside it. It calculates in
            32 bits where 16 are asked for: in bf16 a place in 1920 pixels is off by up to 4.

    Raises:
        MissingError: transformers is not installed, or the model is not there.
        ConfigError: the model does not know COCO's classes.
    """

    def __init__(
        self, name: str, options: DetectorOptions, *, compute: Compute = PROCESSOR
    ) -> None:
        self._processor, network = from_hub(
            "AutoModelForObjectDetection", f"hf:{name}", name, INSTEAD
        )
        compute = compute.full if compute.rounds else compute
        labels = network.config.id2label
        self._columns = columns_of(labels, f"hf:{name}")
        self._places = len(labels)
        weights = (value.detach().numpy() for value in network.state_dict().values())
        content = digest(repr(self._processor), network.config.to_json_string(), *weights)
        classes = "sigmoid" if self._has_sigmoids(network, view_of_nothing()) else "softmax"
        super().__init__(f"hf:{name}", content, classes, THRESHOLD, options, compute=compute)
        self._network = compute.copy_of(network)

    def _has_sigmoids(self, network: Any, view: View) -> bool:
        with torch.inference_mode():
            width = network(**self._inputs(view)).logits.shape[2]
        if width not in (self._places, self._places + 1):
            raise ConfigError(
                f"The model gives {width} class scores for {self._places} labels; expected as "
                "many, or one more for 'no object'."
            )
        return bool(width == self._places)

    def _inputs(self, view: View) -> Mapping[str, Tensor]:
        """What the network takes, on the processor."""
        inputs: Mapping[str, Tensor] = self._processor(
            images=view.image, return_tensors="pt", input_data_format="channels_last"
        )
        mask = inputs.get("pixel_mask")
        if mask is not None and not bool(mask.all()):
            raise ConfigError(
                f"{self._processor.__class__.__name__} pads pictures, and boxes would be relative "
                "to the padded one: use a processor without pad_size."
            )
        return inputs

    @torch.inference_mode()
    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        given = {name: self.compute.put(value) for name, value in self._inputs(view).items()}
        outputs = self._network(**given)
        logits = outputs.logits[0]
        chances = logits.sigmoid() if self.classes == "sigmoid" else logits.softmax(1)
        probabilities = self.compute.array(chances)[:, self._columns]
        scores = probabilities.max(1)
        good = scores >= self._lowest
        found = self.compute.array(outputs.pred_boxes[0])
        centre, half = found[good].reshape(-1, 2, 2).transpose(1, 0, 2)
        height, width = view.image.shape[:2]
        boxes = np.concatenate([centre - half / 2, centre + half / 2], 1)
        boxes = boxes * np.array([width, height, width, height])
        return boxes.astype(np.float32), scores[good], probabilities[good]


def view_of_nothing() -> View:
    """A small black picture."""
    image = np.zeros((64, 64, 3), np.uint8)
    return View(image, image, image)
