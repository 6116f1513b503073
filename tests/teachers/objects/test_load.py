"""Detectors by name, and the adapters over networks with small random ones."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch

from awry.errors import ConfigError, MissingError
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.coco import COCO_80, columns_of

IMAGE = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
VIEW = View(IMAGE, IMAGE, IMAGE)
ANYTHING = DetectorOptions(threshold=0.0, most=7, contained=True)


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("onnnx:file", "did you mean 'onnx'"),
        ("foreground:x", "KIND:WHAT"),
        ("onnx:", "KIND:WHAT"),
        ("nonsense", "known: "),
        ("random:resnet50", "No detector torchvision:resnet50"),
    ],
)
def test_unknown_names_are_refused(what: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        load_detector(what)


def test_a_missing_file_says_what_to_use_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWRY_WEIGHTS", raising=False)
    with pytest.raises(MissingError, match=r"names no folder.*boxes:FILE or foreground"):
        load_detector("onnx:none.onnx")
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingError, match=r"nor in \$AWRY_WEIGHTS"):
        load_detector("onnx:none.onnx")


def test_a_file_that_is_no_network_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.onnx").write_text("nothing")
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    with pytest.raises(ConfigError, match=r"Cannot read bad\.onnx as a detector in ONNX"):
        load_detector("onnx:bad.onnx")


@pytest.mark.parametrize("options", [{"tiles": (0, 1)}, {"overlap": 1.0}])
def test_impossible_tiles_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least one column"):
        DetectorOptions(**options)


def test_a_threshold_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ConfigError, match="confidences lie in 0 to 1"):
        load_detector("foreground", DetectorOptions(threshold=1.5))


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


@pytest.fixture(scope="module")
def rt_detr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny RT-DETRv2 with random weights, saved as the hub would have it."""
    pytest.importorskip("transformers", reason="needs transformers (pip install 'awry[hf]')")
    from transformers import (
        RTDetrImageProcessor,
        RTDetrResNetConfig,
        RTDetrV2Config,
        RTDetrV2ForObjectDetection,
    )

    backbone = RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
        out_indices=[2, 3, 4],
    )
    config = RTDetrV2Config(
        backbone_config=backbone,
        encoder_in_channels=[8, 16, 16],
        encoder_hidden_dim=16,
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_in_channels=[16, 16, 16],
        d_model=16,
        decoder_ffn_dim=16,
        decoder_attention_heads=2,
        decoder_layers=2,
        num_queries=12,
        num_denoising=0,
        id2label=dict(enumerate(COCO_80)),
        label2id={name: place for place, name in enumerate(COCO_80)},
    )
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("rt-detr")
    RTDetrV2ForObjectDetection(config).save_pretrained(folder)
    RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_hugging_face_gives_all_classes(rt_detr: Path) -> None:
    detector = load_detector(f"hf:{rt_detr}", ANYTHING)
    found = detector.detect(VIEW)
    assert detector.classes == "sigmoid"
    assert found.probabilities.shape == (len(found.scores), 80)
    assert 0 < len(found.scores) <= 7
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, 2:] <= [128, 96]).all()


def test_hugging_face_reads_no_pickles(rt_detr: Path, tmp_path: Path) -> None:
    """A repository whose weights are a pickle could run anything; it is refused unread."""
    folder = shutil.copytree(rt_detr, tmp_path / "pickled")
    weights = folder / "model.safetensors"
    weights.unlink()
    torch.save({"x": Bomb(tmp_path / "exploded")}, folder / "pytorch_model.bin")
    with pytest.raises(MissingError, match="weights in safetensors"):
        load_detector(f"hf:{folder}")
    assert not (tmp_path / "exploded").exists()


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_hugging_face_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingError, match=r"pip install 'awry\[hf\]'"):
        load_detector("hf:somebody/something")


def test_classes_are_found_by_name_in_any_order() -> None:
    labels = ["__background__", *COCO_80[::-1], "N/A"]
    assert columns_of(labels, "it").tolist() == list(range(80, 0, -1))
    old = [{"motorcycle": "motorbike", "tv": "tvmonitor"}.get(name, name) for name in COCO_80]
    assert columns_of(dict(enumerate(old)), "it").tolist() == list(range(80))
    with pytest.raises(ConfigError, match=r"does not know 79 of COCO's 80 classes \(bicycle"):
        columns_of(["person"], "it")


@pytest.fixture
def abroad(shared: Path) -> Callable[[str], str]:
    def named(file: str) -> str:
        return f"onnx:{shared / 'weights' / file}"

    return named


@pytest.mark.shared
@pytest.mark.parametrize("file", ["nanodet_g_416_coco80.onnx", "yolox_nano_416_coco80.onnx"])
def test_real_networks_find_the_people_that_yolov3_found(
    abroad: Callable[[str], str], shared: Path, file: str
) -> None:
    from PIL import Image

    from awry.teachers.objects.selection import box_iou

    place = shared / "data" / "UCSDped2" / "Test" / "Test004" / "051.jpg"
    image = np.asarray(Image.open(place).convert("RGB"))
    view = View(image, image, image, "Test004", 50)
    found = load_detector(abroad(file), DetectorOptions(tiles=(2, 1))).detect(view)
    published = load_detector(f"boxes:{shared / 'data' / 'detections'}").detect(view)
    overlap = box_iou(published.boxes, found.boxes).max(1)
    assert (overlap > 0.5).mean() > 0.8
    assert (found.class_ids == 0).sum() >= 8
    assert COCO_80.index("car") in found.class_ids
