"""`ffp`: prediction of the next frame by a U-Net, a reference of 2018.

Liu, Luo, Lian, Gao: Future Frame Prediction for Anomaly Detection - A New Baseline. CVPR 2018.
Written from the paper's equations, of which these are here (I a frame, I^ its prediction):

    eq. 1   ||I^ - I||^2                                               `intensity_loss`
    eq. 2   sum of | |dI^| - |dI| | over both axes                     `gradient_loss`
    eq. 7   the losses' weighted sum, without those of eqs. 3 to 6     `FFP.losses`
    eq. 9   PSNR = 10 log10(max^2 / mean (I - I^)^2)                   `psnr`
    eq. 10  S(t) = (PSNR - min) / (max - min), over a clip             a variant of the evaluation

Left out: the loss of optical flow (eq. 3), which needs a trained flow network to be differentiated
through, and the adversarial loss (eqs. 4 to 6 and 8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from awry.methods.autoencoding import StackMethod
from awry.methods.stacks import StackConfig

LEVELS = 4
LEAST_ERROR = 1e-10
"""So that a perfect prediction has a finite PSNR, of 100 dB."""


class FFPConfig(StackConfig):
    """Settings of frame prediction (Liu et al., CVPR 2018). Defaults are the paper's text."""

    factor: ClassVar[int] = 2 ** (LEVELS - 1)

    frames: int = Field(4, ge=1, description="t, frames that the next is predicted from")
    channels: int = Field(64, ge=1, description="of the U-Net's finest level; doubled at each")
    intensity: float = Field(1.0, ge=0, description="weight of the intensity loss")
    gradient: float = Field(1.0, ge=0, description="weight of the gradient loss")

    @property
    def window(self) -> int:
        """As `StackConfig.window`: the inputs and the predicted frame."""
        return self.frames + 1

    @property
    def answer(self) -> int:
        """As `StackConfig.answer`: there is one frame alone."""
        return 0


def _double_convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1),
        nn.ReLU(inplace=True),
    )


class FramePredictor(nn.Module):
    """A U-Net whose answer is as large as its input (their Fig. 3).

    Args:
        frames: so many come in.
        colours: of a frame.
        channels: of the finest of four levels.
    """

    def __init__(self, frames: int, colours: int, channels: int) -> None:
        super().__init__()
        widths = [channels * 2**level for level in range(LEVELS)]
        inputs = [frames * colours, *widths]
        self.down = nn.ModuleList(_double_convolution(a, b) for a, b in pairwise(inputs))
        pairs = list(pairwise(reversed(widths)))
        self.up = nn.ModuleList(nn.ConvTranspose2d(low, high, 2, 2) for low, high in pairs)
        self.join = nn.ModuleList(_double_convolution(2 * high, high) for _, high in pairs)
        self.last = nn.Conv2d(channels, colours, 3, padding=1)
        self.to(memory_format=torch.channels_last)

    def forward(self, frames: Tensor) -> Tensor:
        """Predict the next frame.

        Args:
            frames: float32 (n, frames, c, h, w) in [0, 1]; h and w divisible by 8.

        Returns:
            float32 (n, 1, c, h, w) in (0, 1).
        """
        x = frames.flatten(1, 2) * 2 - 1  # the paper's pixels lie in [-1, 1]
        x = x.contiguous(memory_format=torch.channels_last)
        features: list[Tensor] = []
        for block in self.down:
            x = block(F.max_pool2d(features[-1], 2) if features else x)
            features.append(x)
        for up, join, skip in zip(self.up, self.join, features[-2::-1], strict=True):
            x = join(torch.cat([up(x), skip], 1))
        # In full: 16 bits leave a bright pixel, a little below 1, fewer than 256 levels.
        predicted: Tensor = (torch.tanh(self.last(x).float()) + 1) / 2
        return predicted[:, None]


def intensity_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Liu et al. eq. 1, as a mean over pixels: squared difference of frames of one shape."""
    return (guess - truth).square().mean()


def gradient_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Liu et al. eq. 2, as means over pixels: how far the steps between neighbours differ.

    Args:
        guess, truth: (..., h, w), same shape.
    """
    total = guess.new_zeros(())
    for axis in (-1, -2):
        difference = guess.diff(dim=axis).abs() - truth.diff(dim=axis).abs()
        total = total + difference.abs().mean()
    return total


def psnr(error: float) -> float:
    """Liu et al. eq. 9 in decibels, of a mean squared error of pixels in [0, 1].

    >>> psnr(0.01), psnr(0.0)
    (20.0, 100.0)
    """
    return -10 * math.log10(max(error, LEAST_ERROR))


class FFP(StackMethod):
    """Predicts the next frame from four; what was not foreseen is unusual."""

    name = "ffp"
    guess = "prediction"
    Config = FFPConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"width": 256},
        "cpu": {
            "height": 0,
            "stride": 0,
            "channels": 16,
            "learning_rate": 1e-3,
            "decay": "cosine",
            "epochs": 10,
            "steps": 250,
        },
        "tiny": {
            "height": 32,
            "frames": 3,
            "channels": 4,
            "learning_rate": 3e-3,
            "epochs": 2,
            "steps": 10,
            "box": 3,
        },
    }
    phrases: ClassVar[Mapping[str, str]] = {
        "": "the scene did not go on as expected",
        "prediction": "the picture differs from the one that was predicted",
        "peak": "{it} is not where it was expected, or looks otherwise",
    }
    config: FFPConfig

    def build(self) -> nn.Module:
        """As `StackMethod.build`."""
        config = self.config
        return FramePredictor(config.frames, config.colours, config.channels)

    def losses(self, network: Any, windows: Tensor) -> dict[str, Tensor]:
        """Liu et al. eq. 7 without the losses of optical flow and of an adversary."""
        config = self.config
        # The paper's pixels lie in [-1, 1]: the two losses weigh against each other as there.
        # In full: of 16 bits the steps between neighbours would be mostly rounding.
        guess, truth = 2 * network(windows[:, :-1]).float(), 2 * windows[:, -1:]
        parts = {
            "intensity": intensity_loss(guess, truth),
            "gradient": gradient_loss(guess, truth),
        }
        total = config.intensity * parts["intensity"] + config.gradient * parts["gradient"]
        return {"total": total, **parts}

    def frame_score(self, error: float) -> float:
        """The negative of Liu et al. eq. 9, so that a high score is unusual."""
        return -psnr(error)
