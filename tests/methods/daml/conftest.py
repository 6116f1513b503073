"""A small DAML whose every number is away from its initial value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.network import DAMLModel
from support import stir

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


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def make(scenes: tuple[str, ...] = (), seed: int = 0, **changes: Any) -> DAMLModel:
        torch.manual_seed(seed)
        model = DAMLModel(DAMLConfig(**{**SMALL, **changes}), scenes)
        stir(model)
        model.means.uniform_(0.2, 0.6)
        return model.eval()

    return make
