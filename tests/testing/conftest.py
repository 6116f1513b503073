"""A small method of others that keeps the contract."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from awry.errors import BundleError
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.training.footage import Footage
from awry.training.loop import FitContext


class Config(MethodConfig):
    size: int = 8


class BrightScorer(Scorer):
    """How far a frame's brightness lies from the usual one."""

    def __init__(self, setting: Setting, usual: float) -> None:
        super().__init__(setting)
        self.usual = usual

    def _push(self, frame: Frame) -> list[FrameScore]:
        return [FrameScore(frame.index, frame.time_s, abs(float(frame.image.mean()) - self.usual))]


class Bright(Method):
    name = "bright"
    Config = Config
    presets: ClassVar = {"cpu": {}, "tiny": {"size": 4}}
    scorer_class: ClassVar[type[BrightScorer]] = BrightScorer

    def fit(self, footage: Footage, context: FitContext) -> None:
        size = (self.config.size, self.config.size)  # type: ignore[attr-defined]
        runs = footage.runs("train", size)
        self.usual = float(np.mean([run.images.mean() for run in runs]))

    def scorer(self, setting: Setting) -> Scorer:
        return self.scorer_class(setting, self.usual)

    def state(self) -> dict[str, torch.Tensor]:
        return {"usual": torch.tensor(self.usual, dtype=torch.float64)}

    def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        if set(tensors) != {"usual"}:
            raise BundleError("The tensors do not fit.")
        self.usual = float(tensors["usual"])
