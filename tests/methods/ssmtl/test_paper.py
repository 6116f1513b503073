"""The preset `paper` from footage to scores, with the paper's own components at random weights."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.fitting import FitOptions, fit_detector
from awry.methods.ssmtl.config import SSMTLConfig
from awry.teachers.objects import network_file
from awry.teachers.objects.onnx_layouts import STRIDES, cells
from awry.video.memory import ArraySource
from support import moving_square_data

SIDE = 96
LENGTH = 88
"""Of a clip, in frames: its last 15 % hold one sequence with its gaps."""


class RandomYOLOv3:
    """Stands for a session of YOLOv3: random weights, but objects are where cells are bright."""

    def __init__(self) -> None:
        draws = np.random.default_rng(0)
        self._weights = [draws.normal(0, 1, (stride * stride, 84)) for stride in STRIDES]

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="images", shape=[1, 3, SIDE, SIDE])]

    def get_outputs(self) -> list[SimpleNamespace]:
        count = 3 * sum((SIDE // stride) ** 2 for stride in STRIDES)
        return [SimpleNamespace(shape=[1, count, 85])]

    def get_modelmeta(self) -> SimpleNamespace:
        return SimpleNamespace(custom_metadata_map={})

    def run(self, names: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """(1, 3, 96, 96) in 0 to 1 -> (1, cells x 3 anchors, 85)."""
        (images,) = inputs.values()
        rows = []
        for stride, weights in zip(STRIDES, self._weights, strict=True):
            side = SIDE // stride
            blocks = images[0].mean(0).reshape(side, stride, side, stride).swapaxes(1, 2)
            pixels = blocks.reshape(side * side, -1)
            raw = pixels @ weights / stride
            boxes = np.empty((side * side, 85), np.float32)
            boxes[:, :2] = (cells(SIDE, SIDE, stride) + 0.5) * stride
            boxes[:, 2:4] = stride * 1.5
            boxes[:, 4] = pixels.mean(1) > 0.6
            boxes[:, 5:] = 1 / (1 + np.exp(-4 * raw[:, 4:]))
            nothing = np.zeros_like(boxes)  # of the other two anchors
            rows += [boxes, nothing, nothing]
        return [np.concatenate(rows)[None]]


@pytest.fixture
def yolo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "yolov3.onnx"
    file.write_bytes(b"random")
    monkeypatch.setattr(network_file, "onnx_session", lambda file, compute: RandomYOLOv3())
    return file


def grey_data() -> Dataset:
    """Footage as on UCSD: three equal channels."""

    def grey(clip: Clip) -> Clip:
        images = np.stack([frame.image for frame in clip.open()])
        images[:] = images.mean(3, keepdims=True).astype(np.uint8)
        return replace(clip, open=lambda: ArraySource(images, fps=10, name=clip.name))

    data = moving_square_data(clips=1, length=LENGTH)
    train, test = (tuple(map(grey, clips)) for clips in (data.train, data.test))
    return replace(data, train=train, test=test, variant="ped2")


@pytest.mark.slow
def test_the_papers_networks_and_teachers_go_all_the_way(tmp_path: Path, yolo: Path) -> None:
    changes = {
        "detector": f"onnx:{yolo}",
        "classifier": "random:resnet50",
        "classifier_side": 32,
        "epochs": 1,
        "steps": 1,
        "batch": 2,
    }
    data = grey_data()
    options = FitOptions(preset="paper", changes=changes)
    detector = fit_detector("ssmtl", data, tmp_path / "b", options)
    detector.save(tmp_path / "b")
    again = Detector.load(tmp_path / "b")
    method: Any = again.models["*"]
    config = method.config
    assert isinstance(config, SSMTLConfig)
    assert (config.threshold, config.distillation_weight, config.grey) == (0.5, 0.5, False)
    assert config.class_scores
    for level, parts in (("object", 4), ("frame", 3)):
        stream = method.model.stream(level)
        assert stream.network.trunk.convolutions[0].in_channels == 3
        assert len(stream.network.trunk.convolutions) == 6
        assert len(stream.parts) == parts
        assert float(stream.floor) == 0
        outputs = stream.network.heads["distillation"][-1].out_features
        assert outputs == (1080 if level == "object" else 1000)
    history = again.facts.history["*"]
    assert {epoch["phase"] for epoch in history} == {"object", "frame"}
    assert all(epoch["validation_distillation"] > 0 for epoch in history)
    scorer: Any = again.scorer()
    found = [s for s in scorer.score(islice(data.test[0].open(), 20)) if s.score is not None]
    assert scorer._teachers.classifier is None  # ResNet-50 is not asked in scoring
    assert len(found) == 20 - 6
    assert all(np.isfinite(score.score) for score in found)
    assert any(score.regions for score in found)
    region = next(score.regions[0] for score in found if score.regions)
    assert set(region.parts) == set(config.tasks)
