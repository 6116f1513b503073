"""Detectors by name, and the adapters over networks with small random ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError, MissingError
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.coco import COCO_80


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


def test_a_threshold_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ConfigError, match="confidences lie in 0 to 1"):
        load_detector("foreground", DetectorOptions(threshold=1.5))


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
