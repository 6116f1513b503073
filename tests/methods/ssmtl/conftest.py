"""A small SSMTL whose every number is away from its initial value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.model import SSMTLModel

MakeModel = Callable[..., SSMTLModel]

SMALL: dict[str, Any] = {
    "detector": "foreground",
    "classifier": "none",
    "class_scores": True,
    "grey": False,
    "side": 16,
    "frame_side": 16,
    "depth": "shallow",
    "width": "narrow",
    "filters": (3, 4, 5),
    "part_scale": "standard",
}


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def make(seed: int = 0, **changes: Any) -> SSMTLModel:
        torch.manual_seed(seed)
        model = SSMTLModel(SSMTLConfig(**{**SMALL, **changes}))
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
                part.running_mean.normal_(0, 0.3)
                part.running_var.uniform_(0.3, 1.5)
                part.weight.data.uniform_(0.5, 1.5)
                part.bias.data.normal_(0, 0.3)
        return model.eval()

    return make
