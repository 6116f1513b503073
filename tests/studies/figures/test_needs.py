from __future__ import annotations

from pathlib import Path

import pytest

from awry.studies.figures.needs import missing_weights, weights_of


def test_what_needs_weights() -> None:
    config = {
        "detector": "hf:someone/detector",
        "classifier": "none",
        "depth": "ramp",
        "backbone": "random:resnet18",
        "flow": "torchvision:raft_small",
        "height": 3,
    }
    assert weights_of(config) == ["hf:someone/detector", "torchvision:raft_small"]
    encoders = {"first_encoder": "resnet34", "second_encoder": "small", "pretrained": True}
    assert weights_of(encoders) == ["torchvision:resnet34"]
    assert weights_of(encoders | {"pretrained": False}) == []


def test_files_networks_and_repositories_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    config = {
        "a": "onnx:a.onnx",
        "b": "torchvision:resnet50@IMAGENET1K_V1",
        "c": "hf:someone/depth",
        "d": "torchvision:nothing",
    }
    missing = missing_weights(config)
    assert missing == [
        "onnx:a.onnx: no such file here or in $AWRY_WEIGHTS",
        "torchvision:resnet50@IMAGENET1K_V1: not in torch's cache; it is fetched on first use",
        "hf:someone/depth: not in the cache of the Hugging Face hub; it is fetched on first use",
        "torchvision:nothing: torchvision has no such network",
    ]
    (tmp_path / "a.onnx").write_bytes(b"")
    (tmp_path / "hf/hub/models--someone--depth").mkdir(parents=True)
    weights = tmp_path / "torch/hub/checkpoints/resnet50-0676ba61.pth"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"")
    assert [one.partition(":")[2][:7] for one in missing_weights(config)] == ["nothing"]
