from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList

from awry.devices import PROCESSOR, Compute
from awry.errors import MissingError, warn_once
from awry.frames import Objects
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.torchvision import TorchvisionDetector, _where_it_can
from awry.teachers.segmenter import MaskSegmenter
from fake_devices import fake_card, for_card, on_card

IMAGE = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
VIEW = View(IMAGE, IMAGE, IMAGE)
ANYTHING = DetectorOptions(threshold=0.0, most=7, contained=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "classes"),
    [("fasterrcnn_mobilenet_v3_large_320_fpn", "softmax"), ("retinanet_resnet50_fpn", "sigmoid")],
)
def test_torchvision_gives_all_classes(name: str, classes: str) -> None:
    detector = load_detector(f"random:{name}", ANYTHING)
    found = detector.detect(VIEW)
    assert detector.classes == classes
    assert found.probabilities.shape == (len(found.scores), 80)
    assert 0 < len(found.scores) <= 7
    np.testing.assert_allclose(found.probabilities.max(1), found.scores)
    assert (found.boxes[:, 2:] <= [128, 96]).all()
    again = load_detector(f"random:{name}", ANYTHING)
    assert again.key == detector.key
    np.testing.assert_allclose(again.detect(VIEW).boxes, found.boxes)


@pytest.mark.slow
def test_a_picture_without_any_proposal_has_no_objects() -> None:
    detector = load_detector("random:fasterrcnn_mobilenet_v3_large_320_fpn", ANYTHING)
    detector._network.rpn.score_thresh = 1.1  # type: ignore[attr-defined]
    assert len(detector.detect(VIEW).scores) == 0


def test_torchvision_weights_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import models

    def offline(name: str, **options: object) -> None:
        assert options == {"weights": "DEFAULT"}
        raise URLError("no route to host")

    monkeypatch.setattr(models, "get_model", offline)
    with pytest.raises(MissingError, match=r"no route to host.*onnx:FILE"):
        load_detector("torchvision:fasterrcnn_resnet50_fpn")


class Coder:
    """Stands for the decoding of boxes, with constants that a card would have to hold."""

    def decode(self, offsets: Tensor, boxes: list[Tensor]) -> Tensor:
        assert offsets.device == boxes[0].device
        return torch.zeros_like(offsets)

    def decode_single(self, offsets: Tensor, anchors: Tensor) -> Tensor:
        return self.decode(offsets, [anchors])


class Stub(nn.Module):
    """Zeros on the device of features, for what torchvision selects by values."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        super().__init__()
        self.forward = answer


def pooled(side: int) -> Stub:
    def pool(features: dict[str, Tensor], boxes: list[Tensor], _: object) -> Tensor:
        (some,), level = boxes, next(iter(features.values()))
        assert some.device == level.device
        return level.new_zeros(len(some), level.shape[1], side, side)

    return Stub(pool)


def anchors(images: ImageList, levels: list[Tensor]) -> list[Tensor]:
    count = 9 * sum(level.shape[2] * level.shape[3] for level in levels)
    return [images.tensors.new_zeros(count, 4)]


def proposals(images: ImageList, features: dict[str, Tensor]) -> tuple[list[Tensor], None]:
    assert all(level.device == images.tensors.device for level in features.values())
    return [images.tensors.new_zeros(8, 4)], None


def on_fake_card(name: str) -> TorchvisionDetector:
    """A detector for the card; fake tensors have no values to select by."""
    with patch("awry.teachers.objects.torchvision._where_it_can", lambda compute: compute):
        detector = for_card(lambda card: load_detector(f"random:{name}", ANYTHING, compute=card))
    assert isinstance(detector, TorchvisionDetector)
    network = detector._network
    if hasattr(network, "rpn"):
        network.rpn, network.roi_heads.box_coder = Stub(proposals), Coder()
        network.roi_heads.box_roi_pool = pooled(7)
    else:
        network.anchor_generator, network.box_coder = Stub(anchors), Coder()
    if detector.has_masks:
        network.roi_heads.mask_roi_pool = pooled(14)
    return detector


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["fasterrcnn_mobilenet_v3_large_320_fpn", "retinanet_resnet50_fpn"]
)
def test_torchvision_runs_on_a_card(name: str) -> None:
    detector = on_fake_card(name)
    assert detector.key == load_detector(f"random:{name}", ANYTHING).key
    with fake_card():
        on_card(detector._network)
        assert detector.detect(VIEW).probabilities.shape == (0, 80)  # sides of 0 are left out


@pytest.mark.slow
def test_mask_rcnn_runs_on_a_card() -> None:
    detector = on_fake_card("maskrcnn_resnet50_fpn")
    found = Objects(
        np.array([[4, 4, 40, 60], [10, 20, 90, 80]], np.float32),
        np.array([0, 2]),
        np.eye(80, dtype=np.float32)[[0, 2]],
        np.ones(2, np.float32),
    )
    with fake_card():
        on_card(detector._network)
        segments = MaskSegmenter(detector).segment(VIEW, None, found)
    assert [one.shape for one in segments.shapes] == [(56, 36), (60, 80)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["fasterrcnn_mobilenet_v3_large_320_fpn", "retinanet_resnet50_fpn"]
)
def test_boxes_are_calculated_in_full_beside_16_bits(name: str) -> None:
    full = load_detector(f"random:{name}", ANYTHING)
    rounded = load_detector(f"random:{name}", ANYTHING, compute=Compute("cpu", "bf16"))
    assert rounded.fingerprint == full.fingerprint
    boxes, scores, probabilities = rounded._candidates(VIEW)
    assert boxes.dtype == scores.dtype == probabilities.dtype == np.float32
    assert len(scores) == len(full._candidates(VIEW)[1])
    as_bf16 = torch.from_numpy(boxes).bfloat16().float().numpy()
    assert (as_bf16 != boxes).mean() > 0.5


def test_where_torchvision_has_no_operations_the_processor_is_taken_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _where_it_can(PROCESSOR) is PROCESSOR
    warn_once.cache_clear()
    asked = "torch._C._dispatch_has_kernel_for_dispatch_key"
    monkeypatch.setattr(asked, lambda operation, key: key != "XPU")
    with pytest.warns(UserWarning, match="without operations for xpu:0: its detectors run on the"):
        assert _where_it_can(Compute("xpu:0", "bf16")) == Compute("cpu", "bf16")
    assert _where_it_can(Compute("cuda:0")) == Compute("cuda:0")
