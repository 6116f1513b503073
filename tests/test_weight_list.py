"""Every ready-made network that presets want, by the presets themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from awry.errors import ConfigError
from awry.methods.flow import Flow
from awry.methods.fused import Fused
from awry.methods.mtla import MTLA
from awry.methods.registry import registered
from awry.methods.ssmtl import SSMTL
from awry.teachers.catalogue import STAND_INS
from awry.teachers.weights import FOLDER
from awry.weight_list import WantedBy, list_weights, missing_weights


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty caches."""
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))


def test_the_papers_networks_are_listed_with_who_wants_them() -> None:
    listed = {one.facts.what: one for one in list_weights()}
    assert set(STAND_INS) <= set(listed)
    for what, by in {
        "onnx:yolov3.onnx": WantedBy("ssmtl", "paper", "detector"),
        "torchvision:resnet50@IMAGENET1K_V1": WantedBy("sdor", "paper", "backbone"),
        "torchvision:maskrcnn_resnet50_fpn": WantedBy("mtla", "paper", "detector"),
        "hf:Intel/dpt-hybrid-midas": WantedBy("mtla", "paper", "depth"),
        "torchvision:resnet34": WantedBy("mtla", "paper", "appearance_encoder"),
        "torchvision:vgg16": WantedBy("mtla", "paper", "motion_encoder"),
        "pip:efficientnet-lite0": WantedBy("knn", "cpu", "features"),
    }.items():
        assert by in listed[what].wanted_by
    assert WantedBy("fused", "paper", "ssmtl.detector") in listed["onnx:yolov3.onnx"].wanted_by
    assert not listed["onnx:nanodet_g_416_coco80.onnx"].wanted_by
    assert not [what for what in listed if what.startswith("random:")]


def test_narrowed_down_to_a_method_or_a_preset() -> None:
    assert [one.facts.what for one in list_weights(method="ssmtl", preset="paper")] == [
        "onnx:yolov3.onnx",
        "torchvision:resnet50@IMAGENET1K_V1",
    ]
    assert len(list_weights(method="ssmtl", preset="cpu")) == 0
    assert len(list_weights(preset="tiny")) == 0
    with pytest.raises(ConfigError, match="no method 'ssmlt'"):
        list_weights(method="ssmlt")
    with pytest.raises(ConfigError, match=r"no preset 'papr' of ssmtl: did you mean 'paper'"):
        list_weights(method="ssmtl", preset="papr")


def test_rows_are_plain() -> None:
    (row, _) = list_weights(method="ssmtl", preset="paper").to_dict()
    assert row["what"] == "onnx:yolov3.onnx"
    assert (row["state"], row["sha256"], row["weights_licence"]) == ("missing", None, "not stated")
    assert row["wanted_by"] == [{"method": "ssmtl", "preset": "paper", "setting": "detector"}]
    assert [card.value for card in list_weights(method="ssmtl").cards()] == ["missing"] * 2


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({}, {"detector", "depth", "appearance_encoder", "motion_encoder"}),
        ({"pretrained": False}, {"detector", "depth"}),
        ({"attention": "none", "appearance_encoder": "small"}, {"detector", "motion_encoder"}),
        ({"flow": "torchvision:raft_large", "appearance": "none", "mask_flow": False},
         {"depth", "flow", "motion_encoder"}),
        ({"flow": "torchvision:raft_large", "motion": False}, {"detector", "appearance_encoder"}),
    ],
)  # fmt: skip
def test_mtla_wants_what_it_asks(changes: Mapping[str, Any], settings: set[str]) -> None:
    assert set(MTLA.wanted_weights(MTLA.configure("paper", changes))) == settings


def test_ssmtl_wants_what_it_asks() -> None:
    def wanted(**changes: Any) -> set[str]:
        return set(SSMTL.wanted_weights(SSMTL.configure("paper", changes)))

    assert wanted() == {"detector", "classifier"}
    assert wanted(level="frame") == {"classifier"}
    assert wanted(tasks=("middle_box",), classes_from="onnx:b.onnx") == {"detector", "classes_from"}


def test_what_fits_would_lack_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper, tiny = SSMTL.configure("paper"), SSMTL.configure("tiny")
    fused = Fused.configure("tiny", {"of": ("flow", "ssmtl"), "ssmtl.preset": "paper"})
    missing = missing_weights([(SSMTL, paper), (SSMTL, tiny), (SSMTL, paper), (Fused, fused)])
    assert [one.facts.what for one in missing] == [
        "onnx:yolov3.onnx",
        "torchvision:resnet50@IMAGENET1K_V1",
    ]
    assert "awry weights yolov3" in missing[0].in_words()
    (tmp_path / "yolov3.onnx").write_bytes(b"x")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    cached = tmp_path / "hub/checkpoints/resnet50-0676ba61.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"torn")
    (damaged,) = missing_weights([(SSMTL, paper)])
    assert damaged.in_words() == (
        f"torchvision:resnet50@IMAGENET1K_V1: {cached} is not the published file; remove it, or "
        "fetch it again."
    )


def test_a_network_that_torchvision_does_not_know_is_listed_all_the_same() -> None:
    class Mine(Flow):
        name = "mine"

        @classmethod
        def wanted_weights(cls, config: Any) -> Mapping[str, str]:
            return {"net": "torchvision:resnet51"}

    with registered(Mine):
        one, *_ = list_weights(method="mine")
    assert one.facts.source == "nowhere"
    assert "no weights for torchvision:resnet51" in one.facts.about
    assert one.presence.state == "missing"
