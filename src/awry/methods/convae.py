"""`convae`: a convolutional auto-encoder over a stack of frames, a reference of 2016.

Hasan, Choi, Neumann, Roy-Chowdhury, Davis: Learning Temporal Regularity in Video Sequences. CVPR
2016. Written from the paper's equations, of which these are here:

    eq. 2   sum of ||X - f(X)||^2 over stacks X, + gamma ||W||^2      `ConvAE.losses`, `optimizer`
    eq. 3   e(x, y, t) = ||I(x, y, t) - f(I(x, y, t))||               `ErrorScorer._raw_result`
    eq. 4   s(t) = 1 - (e(t) - min e) / max e, over a clip             a variant of the evaluation
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from awry.methods.autoencoding import StackMethod
from awry.methods.stacks import ReconstructionConfig

FIRST, FIRST_STRIDE = 11, 4
"""Kernel and stride of the first convolution, and of the last one back."""


class ConvAEConfig(ReconstructionConfig):
    """Settings of ConvAE (Hasan et al., CVPR 2016). Defaults are the paper's text."""

    height: int = Field(
        227,
        ge=0,
        description="of the pictures; 0: 128, and more where a typical object would be shorter "
        "than 12 pixels",
    )
    grey: bool | None = Field(True, description="one channel; None: where the footage is grey")
    frames: int = Field(10, ge=2, description="T, frames that are put into the channels")
    channels: int = Field(
        128, ge=1, description="of the code; the layers before have twice and four times as many"
    )
    batch: int = Field(32, ge=1, description="stacks in one step")
    optimiser: Literal["adagrad", "adam"] = "adagrad"
    learning_rate: float = Field(0.01, gt=0)
    l2: float = Field(0.0005, ge=0, description="gamma, weight decay")
    train_strides: tuple[int, ...] = Field(
        (1, 2, 3), min_length=1, description="stacks of every, every second ... frame are learned"
    )

    @property
    def multiples(self) -> tuple[int, ...]:
        """As `StackConfig.multiples`."""
        return self.train_strides


class ConvAENetwork(nn.Module):
    """Three convolutions and two poolings, and the same back (their Fig. 3), all with tanh.

    Args:
        planes: of the stack: frames times colours.
        channels: of the code.
    """

    def __init__(self, planes: int, channels: int) -> None:
        super().__init__()
        first, second = 4 * channels, 2 * channels
        self.down = nn.ModuleList(
            [
                nn.Conv2d(planes, first, FIRST, FIRST_STRIDE),
                nn.Conv2d(first, second, 5, padding=2),
                nn.Conv2d(second, channels, 3, padding=1),
            ]
        )
        self.up = nn.ModuleList(
            [
                nn.ConvTranspose2d(channels, second, 3, padding=1),
                nn.ConvTranspose2d(second, first, 5, padding=2),
                nn.ConvTranspose2d(first, planes, FIRST, FIRST_STRIDE),
            ]
        )
        for layer in [*self.down, *self.up]:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Give a stack back.

        Args:
            frames: float32 (n, frames, c, h, w) in [0, 1].

        Returns:
            The same shape.
        """
        x = frames.flatten(1, 2)
        height, width = x.shape[2:]
        # Without repeating the border, the last stride would leave rows and columns unseen.
        down, right = (-(side - FIRST) % FIRST_STRIDE for side in (height, width))
        x = F.pad(x, (0, right, 0, down), mode="replicate")
        sizes: list[tuple[int, int]] = []
        for number, layer in enumerate(self.down):
            if number:
                sizes.append((x.shape[2], x.shape[3]))
                # Of the smallest pictures a row would be left out, and then none be left.
                x = F.max_pool2d(x, 2, ceil_mode=min(x.shape[2:]) < 4)
            x = torch.tanh(layer(x))
        first, second, last = self.up
        x = F.interpolate(torch.tanh(first(x)), sizes[1])
        x = F.interpolate(torch.tanh(second(x)), sizes[0])
        back = last(x)[:, :, :height, :width]
        output: Tensor = back.unflatten(1, frames.shape[1:3])
        return output


class ConvAE(StackMethod):
    """Gives back a stack of ten grey frames; what it cannot give back is unusual."""

    name = "convae"
    Config = ConvAEConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"width": 227},
        "cpu": {
            "height": 0,
            "stride": 0,
            "channels": 32,
            "train_strides": (1,),
            "optimiser": "adam",
            "learning_rate": 1e-3,
            "decay": "cosine",
            "l2": 0.0,
            "batch": 8,
            "epochs": 10,
            "steps": 200,
        },
        "tiny": {
            "height": 32,
            "frames": 4,
            "channels": 4,
            "train_strides": (1, 2),
            "optimiser": "adam",
            "learning_rate": 3e-3,
            "batch": 8,
            "epochs": 2,
            "steps": 10,
            "box": 3,
        },
    }
    phrases: ClassVar[Mapping[str, str]] = {
        "": "{it} looks or moves like nothing seen in training",
        "reconstruction": "the pictures could not be rebuilt from what was learned",
        "peak": "{it} could not be rebuilt from what was learned",
    }
    config: ConvAEConfig

    def build(self) -> nn.Module:
        """As `StackMethod.build`."""
        config = self.config
        return ConvAENetwork(config.frames * config.colours, config.channels)

    def losses(self, network: Any, windows: Tensor) -> dict[str, Tensor]:
        """Hasan et al. eq. 2, its first term as a mean over pixels."""
        return {"total": (network(windows).float() - windows).square().mean()}

    def optimizer(self, parameters: Sequence[nn.Parameter]) -> torch.optim.Optimizer:
        """AdaGrad as in the paper, or Adam; eq. 2's last term is the weight decay."""
        kind = torch.optim.Adagrad if self.config.optimiser == "adagrad" else torch.optim.Adam
        return kind(parameters, lr=self.config.learning_rate, weight_decay=self.config.l2)
