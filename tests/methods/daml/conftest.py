"""A small DAML whose every number is away from its initial value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.model import DAMLModel

MakeModel = Callable[..., DAMLModel]

SMALL: dict[str, Any] = {
    "height": 16,
    "width": 24,
    "grey": False,
    "blocks": 2,
    "channels": 3,
    "inputs": 4,
    "motion_layers": 2,
    "ahead": 2,
    "temporal_kernel": 2,
    "run_length": 12,
}


def stir(module: nn.Module) -> None:
    """Give batch normalisation statistics and weights as after some training."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.3, 1.5)
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.normal_(0, 0.3)


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def make(scenes: tuple[str, ...] = (), seed: int = 0, **changes: Any) -> DAMLModel:
        torch.manual_seed(seed)
        model = DAMLModel(DAMLConfig(**{**SMALL, **changes}), scenes)
        stir(model)
        model.means.uniform_(0.2, 0.6)
        return model.eval()

    return make
