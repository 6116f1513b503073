"""A small SSMTL whose every number is away from its initial value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from awry.datasets.base import Clip, Dataset
from awry.fitting import FitOptions
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import SSMTLModel
from awry.methods.ssmtl.samples import ObjectPool
from awry.methods.ssmtl.sequences import room_needed
from awry.video.memory import ArraySource
from support import noise_run, stir

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


POOLED = SSMTLConfig(side=16, frame_side=16, depth="shallow", width="narrow")


def pool(
    count: int = 6, length: int = 40, config: SSMTLConfig = POOLED, outputs: int = 80
) -> ObjectPool:
    """Boxes at random places of two clips of noise."""
    runs = [noise_run(length, seed=number, size=(40, 60)) for number in range(2)]
    generator = np.random.default_rng(0)
    room = room_needed(config.t, config.steps_between)
    frames = generator.integers(room, length - room, count)
    places = np.stack([np.arange(count) % 2, frames], 1)
    boxes = np.tile(np.array([5, 5, 25, 35], np.float32), (count, 1))
    targets = generator.random((count, outputs)).astype(np.float32)
    return ObjectPool(runs, places, targets, boxes, config.crop)


def training_data(images: list[np.ndarray]) -> Dataset:
    """Normal clips of given pictures."""
    clips = tuple(
        Clip(f"c{n}", lambda one=one, n=n: ArraySource(one, fps=10, name=f"c{n}"))
        for n, one in enumerate(images)
    )
    return Dataset("memory", "still", None, 10.0, clips, ())


def options(**changes: Any) -> FitOptions:
    """The tiny preset with changes."""
    return FitOptions(preset="tiny", changes=changes)


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    def make(seed: int = 0, **changes: Any) -> SSMTLModel:
        torch.manual_seed(seed)
        model = SSMTLModel(SSMTLConfig(**{**SMALL, **changes}))
        stir(model)
        return model.eval()

    return make
