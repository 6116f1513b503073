"""A small SSMTL whose every number is away from its initial value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import SSMTLModel
from support import stir

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
        stir(model)
        return model.eval()

    return make
