"""A tiny network's numbers, so that no refactoring changes what old bundles mean."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.network import DAMLModel
from awry.methods.daml.placed import Placed
from awry.methods.daml.samples import RunBatch
from awry.methods.daml.scoring import DAMLScorer
from awry.methods.daml.training import losses

GOLDEN: dict[str, list[float]] = {
    "encode": [0.5211986, 0.6786919, -0.1793535],
    "decode": [0.3769407, 0.4696722, -0.4384446],
    "conv3d-2": [0.4995873, 0.6774222, 0.05566829],
    "conv3d-3": [0.5124751, 0.67479, -0.1986053],
    "convlstm-2": [0.5154743, 0.6623618, 0.01731597],
    "autoregressive-2": [0.5042797, 0.6657014, -0.07209929],
    "losses": [1914.226, 525.7415, 337.0013],
    "mean": [2.586717, 1.600145, 1.66046],
    "max": [3.605933, 1.926015, 2.035777],
}


def network(motion: str = "conv3d", temporal_kernel: int = 2, **changes: object) -> DAMLModel:
    torch.manual_seed(0)
    config = DAMLConfig.model_validate(
        {
            "height": 16,
            "width": 24,
            "grey": True,
            "blocks": 3,
            "channels": 4,
            "inputs": 4,
            "motion_layers": 2,
            "ahead": 2,
            "run_length": 8,
            "motion": motion,
            "temporal_kernel": temporal_kernel,
            **changes,
        }
    )
    model = DAMLModel(config, ())
    with torch.no_grad():  # statistics as after training, or every number would be tiny
        model.train()
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
                part.momentum = None
        features = model.encode(frames())
        model.decode(features[-1], features)
        model.motion(features[-1][None])
    return model.eval()


def frames() -> torch.Tensor:
    """(8, 1, 16, 24): a wave that travels."""
    t, y, x = torch.meshgrid(
        torch.arange(8.0), torch.arange(16.0), torch.arange(24.0), indexing="ij"
    )
    return 0.5 * torch.sin(0.7 * x + 0.3 * y - 0.5 * t)[:, None]


def summary(tensor: torch.Tensor) -> list[float]:
    return [tensor.abs().mean().item(), tensor.std().item(), tensor.flatten()[17].item()]


@cache
def found() -> dict[str, list[float]]:
    numbers: dict[str, list[float]] = {}
    model = network()
    with torch.no_grad():
        features = model.encode(frames())
        numbers["encode"] = summary(features[-1])
        skips = [feature[:-1] for feature in features]
        numbers["decode"] = summary(model.decode(features[-1][1:], skips))
        for motion, kernel in (
            ("conv3d", 2),
            ("conv3d", 3),
            ("convlstm", 2),
            ("autoregressive", 2),
        ):
            other = network(motion, kernel)
            numbers[f"{motion}-{kernel}"] = summary(other.motion(features[-1][None]))
        mean = torch.full((1, 1, 1, 16, 24), 0.5)
        parts = losses(model, RunBatch(frames()[None], mean), (1.0, 1.0), ("mse", "gdl", "ssim"), 2)
        numbers["losses"] = [value.item() for value in parts.values()]
    for position in ("mean", "max"):
        model = network(position=position, box=3 if position == "max" else 1)
        images = ((frames().numpy() + 0.5) * 255).round().astype(np.uint8)
        clip = [Frame(i, None, np.repeat(p[0, :, :, None], 3, 2)) for i, p in enumerate(images)]
        parts_wanted = ("prediction", "reconstruction")
        scorer = DAMLScorer(Placed(model), model.config, Setting(parts=parts_wanted))
        numbers[position] = list(list(scorer.score(clip))[-1].parts.values())
    return numbers


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_numbers(name: str) -> None:
    assert found()[name] == pytest.approx(GOLDEN[name], rel=1e-4, abs=1e-5)


def test_every_number_is_golden() -> None:
    assert found().keys() == GOLDEN.keys()
