"""torchvision's detectors that were trained on COCO, with every class's score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, MissingError, nearest, warn_once
from awry.frames import Objects
from awry.teachers.objects.base import Floats, ObjectDetector, View
from awry.teachers.objects.coco import columns_of
from awry.teachers.objects.options import DetectorOptions

THRESHOLD = 0.8
"""The SSMTL paper's; two-stage detectors are sure of themselves, as YOLOv3 is."""


class TorchvisionDetector(ObjectDetector):
    """Faster and Mask R-CNN (softmax over classes and background) or RetinaNet (sigmoids).

    Class probabilities are taken before torchvision's own selection, which keeps one class a box.
    Where networks calculate in 16 bits, boxes are still calculated in 32: 16 have no room for a
    place in a large picture.

    Args:
        name: of the model, e.g. `fasterrcnn_resnet50_fpn`.
        options: as `DetectorOptions`.
        random: random weights, the same in every process; nothing is fetched.
        compute: where it runs, its resizing of pictures and selection of proposals included; on
            the processor, which is said, where this torchvision has no operations for the device.

    Raises:
        ConfigError: an unknown model, or one of another family.
        MissingError: the weights could not be fetched.
    """

    def __init__(
        self,
        name: str,
        options: DetectorOptions,
        *,
        random: bool = False,
        compute: Compute = PROCESSOR,
    ) -> None:
        network = _load(name, random)
        compute = _where_it_can(compute)
        two_stages = hasattr(network, "roi_heads")
        self._read = self._from_proposals if two_stages else self._from_anchors
        self._columns = columns_of(_labels(), name)
        kind, classes = (
            "random" if random else "torchvision",
            "softmax" if two_stages else "sigmoid",
        )
        threshold = THRESHOLD if two_stages else 0.5
        key = _weights_key(network)
        super().__init__(f"{kind}:{name}", key, classes, threshold, options, compute=compute)
        self._network: Any = compute.copy_of(network)

    @property
    def has_masks(self) -> bool:
        """Whether it knows the shape of what it finds (Mask R-CNN)."""
        heads = getattr(self._network, "roi_heads", None)
        return getattr(heads, "mask_predictor", None) is not None

    @torch.inference_mode()
    def masks(self, image: NDArray[np.uint8], objects: Objects) -> Floats:
        """The shapes of objects in their boxes, before any threshold; Mask R-CNN alone.

        Args:
            image: uint8 (h, w, 3) RGB.
            objects: boxes in its pixels, with the classes whose shapes are wanted.

        Returns:
            float32 (N, 28, 28) in [0, 1], each stretched over its box.
        """
        if not len(objects.scores):
            return np.empty((0, 28, 28), np.float32)
        images, features = self._seen_as(image)
        sized = images.image_sizes[0]
        scale = np.array([sized[1] / image.shape[1], sized[0] / image.shape[0]], np.float32)
        boxes = self.compute.put(objects.boxes * np.tile(scale, 2))
        heads = self._network.roi_heads
        pooled = heads.mask_roi_pool(features, [boxes], images.image_sizes)
        with self.compute.rounding():
            logits = heads.mask_predictor(heads.mask_head(pooled))
        labels = self.compute.put(self._columns[objects.class_ids])
        rows = torch.arange(len(labels), device=labels.device)
        return np.asarray(self.compute.array(logits[rows, labels].float().sigmoid()), np.float32)

    @torch.inference_mode()
    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        images, features = self._seen_as(view.image)
        boxes, chances = self._read(images, features)
        columns = self.compute.put(self._columns)
        chances = chances[:, columns]
        best, place = chances.max(1)
        confidence = self.compute.array(best)
        # Only few of many candidates are fetched.
        chosen = np.flatnonzero(confidence >= self._lowest)
        good = self.compute.put(chosen)
        boxes, place, chances = boxes[good], place[good], chances[good]
        if boxes.ndim == 3:
            boxes = boxes[torch.arange(len(boxes), device=boxes.device), columns[place]]
        sized = images.image_sizes[0]
        height, width = view.image.shape[:2]
        scale = np.tile(np.array([width / sized[1], height / sized[0]], np.float32), 2)
        return self.compute.array(boxes) * scale, confidence[chosen], self.compute.array(chances)

    def _seen_as(self, image: NDArray[np.uint8]) -> tuple[Any, dict[str, Tensor]]:
        """A picture as the network sees it, and its features by level, float32."""
        # A copy: frames of the cache are mapped from disk, which PyTorch warns of.
        pixels = self.compute.put(torch.tensor(image))
        images, _ = self._network.transform([pixels.permute(2, 0, 1).float() / 255])
        with self.compute.rounding():
            features = self._network.backbone(images.tensors)
        return images, {name: level.float() for name, level in features.items()}

    def _from_proposals(self, images: Any, features: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        proposals, _ = self._network.rpn(images, features)
        heads = self._network.roi_heads
        pooled = heads.box_roi_pool(features, proposals, images.image_sizes)
        with self.compute.rounding():
            logits, offsets = heads.box_predictor(heads.box_head(pooled))
        boxes = heads.box_coder.decode(offsets.float(), proposals).reshape(*logits.shape, 4)
        return boxes, logits.float().softmax(1)

    def _from_anchors(self, images: Any, features: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        levels = list(features.values())
        with self.compute.rounding():
            outputs = self._network.head(levels)
        anchors = self._network.anchor_generator(images, levels)[0]
        offsets = outputs["bbox_regression"][0].float()
        boxes = self._network.box_coder.decode_single(offsets, anchors)
        return boxes, outputs["cls_logits"][0].float().sigmoid()


def _where_it_can(compute: Compute) -> Compute:
    """The same, on the processor where torchvision was built without the device's operations."""
    if torch._C._dispatch_has_kernel_for_dispatch_key("torchvision::nms", compute.kind.upper()):
        return compute
    warn_once(
        f"This torchvision was built without operations for {compute.device}: its detectors run on "
        "the processor. Install the build that belongs to this PyTorch."
    )
    return replace(compute, device="cpu")


def _load(name: str, random: bool) -> Any:
    from torchvision.models import detection, get_model, list_models

    known = [n for n in list_models(module=detection) if "rcnn" in n or n.startswith("retinanet")]
    known = [n for n in known if not n.startswith("keypoint")]
    if name not in known:
        raise ConfigError(
            f"No detector torchvision:{name} that awry can read: {nearest(name, known)}."
        )
    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            # Without weights_backbone=None the backbone's weights are fetched even for `random`.
            none: dict[str, Any] = {"weights": None, "weights_backbone": None}
            none |= {"min_size": 128, "max_size": 128}
            return get_model(name, **(none if random else {"weights": "DEFAULT"})).eval()
    except (OSError, RuntimeError) as error:
        raise MissingError(
            f"The weights of torchvision:{name} could not be fetched, or are damaged ({error}). "
            "Connect once (and remove a damaged file from torch's cache), or "
            "use --detector onnx:FILE, boxes:FILE or foreground."
        ) from error


def _labels() -> list[str]:
    from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

    return list(FasterRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"])


def _weights_key(network: torch.nn.Module) -> str:
    from awry.teachers.outputs import digest

    return digest(*(value.detach().numpy() for value in network.state_dict().values()))
