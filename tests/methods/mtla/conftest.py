"""A small MTLA whose every number is away from its initial value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from awry.detector import Detector
from awry.fitting import FitOptions, fit_detector
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.network import MTLAModel
from awry.methods.mtla.samples import SampleBatch
from support import moving_square_data, stir

MakeModel = Callable[..., MTLAModel]

SMALL: dict[str, Any] = {
    "detector": "foreground",
    "flow": "dis",
    "depth": "ramp",
    "depth_of": "background",
    "appearance_encoder": "small",
    "motion_encoder": "small",
    "pretrained": False,
    "filters": 6,
    "stages": 3,
    "scse": (2,),
    "height": 32,
    "width": 48,
    "grey": False,
    "classes": (0, 2),
    "smoothing": "none",
    "aggregate": "max",
    "filter_size": 3,
    "filter_frames": 3,
}


def batch(channels: int = 4) -> SampleBatch:
    """Two samples of three frames, with as many classes."""
    torch.manual_seed(1)
    return SampleBatch(
        pictures=torch.randint(256, (2, 3, 3, 32, 48), dtype=torch.uint8),
        classes=torch.rand(2, channels, 32, 48).softmax(1),
        magnitude=torch.rand(2, 32, 48),
        context=torch.rand(2, 3, 32, 48),
    )


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def make(seed: int = 0, **changes: Any) -> MTLAModel:
        torch.manual_seed(seed)
        model = MTLAModel(MTLAConfig(**{**SMALL, **changes}))
        stir(model)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A tiny fit; tests only read it."""
    out = tmp_path_factory.mktemp("mtla") / "b"
    return fit_detector("mtla", moving_square_data(), out, FitOptions(preset="tiny"))
