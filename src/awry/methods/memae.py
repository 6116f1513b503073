"""`memae`: an auto-encoder whose code is put together from a memory, a reference of 2019.

Gong, Liu, Le, Saha, Mansour, Venkatesh, van den Hengel: Memorizing Normality to Detect Anomaly:
Memory-augmented Deep Autoencoder for Unsupervised Anomaly Detection. ICCV 2019. Written from the
paper's equations, of which these are here (z a code, m a memory item, w its weight):

    eq. 3      z^ = sum of w_i m_i                                     `Memory.forward`
    eq. 4, 5   w = softmax of the cosine of z and each m               `Memory.weights`
    eq. 6, 7   w shrunk to 0 below a threshold, then normalised        `Memory.weights`
    eq. 8      ||x - x^||^2                                            `MemAE.losses`
    eq. 9      - sum of w_i log w_i                                    `entropy`
    eq. 10     their weighted sum                                      `MemAE.losses`
    eq. 11     1 - (e - min e) / (max e - min e), over a clip          a variant of the evaluation
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from awry.devices import in_full
from awry.methods.autoencoding import StackMethod
from awry.methods.stacks import ReconstructionConfig

TIME_FACTOR = 8
"""The code has one step in time for so many frames."""
SLOPE = 0.2
SMALL = 1e-12


class MemAEConfig(ReconstructionConfig):
    """Settings of MemAE (Gong et al., ICCV 2019). Defaults are the paper's text."""

    factor: ClassVar[int] = 16

    grey: bool | None = Field(True, description="one channel; None: where the footage is grey")
    frames: int = Field(16, ge=TIME_FACTOR, description="of the stack; a multiple of 8")
    channels: tuple[int, int, int] = Field(
        (96, 128, 256), description="of the four layers; the last two have the same"
    )
    items: int = Field(2000, ge=1, description="N, of the memory")
    shrink: float = Field(
        1.0, ge=0, description="lambda in units of 1 / N; the paper's range is 1 to 3"
    )
    sharpness: float = Field(
        1.0, gt=0, description="factor on the cosine; the paper's equation has none"
    )
    entropy: float = Field(0.0002, ge=0, description="alpha, weight of the addressing's entropy")
    batch: int = Field(8, ge=1, description="stacks in one step")

    @model_validator(mode="after")
    def _whole_steps(self) -> MemAEConfig:
        if self.frames % TIME_FACTOR:
            raise ValueError(f"frames must be a multiple of {TIME_FACTOR}")
        return self


class Memory(nn.Module):
    """Items that stand for what is normal; a code is replaced by a mixture of a few of them.

    Args:
        items: N.
        channels: of a code.
        shrink: threshold of the weights, in units of 1 / N.
        sharpness: factor on the cosine.
    """

    def __init__(self, items: int, channels: int, shrink: float, sharpness: float) -> None:
        super().__init__()
        self.items = nn.Parameter(torch.empty(items, channels))
        nn.init.uniform_(self.items, -(channels**-0.5), channels**-0.5)
        self.threshold = shrink / items
        self.sharpness = sharpness

    def weights(self, codes: Tensor) -> Tensor:
        """Gong et al. eqs. 4 to 7: how much of each item a code (..., channels) takes, (..., N)."""
        cosine = F.normalize(codes, dim=-1) @ F.normalize(self.items, dim=-1).T
        weights = (self.sharpness * cosine).softmax(-1)
        above = weights - self.threshold
        kept = F.relu(above) * weights / (above.abs() + SMALL)
        return kept / kept.sum(-1, keepdim=True).clamp_min(SMALL)

    def forward(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Gong et al. eq. 3: the mixtures (..., channels), and the weights (..., N)."""
        # 16 bits would throw weights over the threshold that lie near it, one way or the other.
        with in_full(codes):
            weights = self.weights(codes.float())
            return weights @ self.items, weights


def entropy(weights: Tensor) -> Tensor:
    """Gong et al. eq. 9, averaged over codes: of weights (..., N) with the sum 1."""
    return -(weights * (weights + SMALL).log()).sum(-1).mean()


class MemAENetwork(nn.Module):
    """Four 3-D convolutions, the memory at each position of the code, and the same back.

    Args:
        colours: of a frame.
        config: widths, memory.
    """

    def __init__(self, colours: int, config: MemAEConfig) -> None:
        super().__init__()
        widths = [*config.channels, config.channels[-1]]
        strides = [(1, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2)]
        layers: list[nn.Module] = []
        for (before, after), stride in zip(pairwise([colours, *widths]), strides, strict=True):
            convolution = nn.Conv3d(before, after, 3, stride, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm3d(after), nn.LeakyReLU(SLOPE, inplace=True)]
        self.encoder = nn.Sequential(*layers)
        self.memory = Memory(config.items, widths[-1], config.shrink, config.sharpness)
        layers = []
        back = pairwise([*reversed(widths), colours])
        for (before, after), stride in zip(back, reversed(strides), strict=True):
            over = (stride[0] - 1, 1, 1)
            last = stride == strides[0]
            layers.append(nn.ConvTranspose3d(before, after, 3, stride, 1, over, bias=last))
            if not last:
                layers += [nn.BatchNorm3d(after), nn.LeakyReLU(SLOPE, inplace=True)]
        self.decoder = nn.Sequential(*layers)

    def addressed(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, and the weights (n, positions, N) of the memory's items."""
        codes = self.encoder(frames.transpose(1, 2))
        mixed, weights = self.memory(codes.flatten(2).transpose(1, 2))
        mixed = mixed.transpose(1, 2).unflatten(2, codes.shape[2:])
        return self.decoder(mixed).transpose(1, 2), weights

    def forward(self, frames: Tensor) -> Tensor:
        """Give a stack back.

        Args:
            frames: float32 (n, frames, c, h, w) in [0, 1]; h and w divisible by 16.

        Returns:
            The same shape.
        """
        return self.addressed(frames)[0]


class MemAE(StackMethod):
    """Gives back a stack of frames out of remembered normal pieces; the rest is unusual."""

    name = "memae"
    Config = MemAEConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"width": 256},
        "cpu": {
            "height": 0,
            "stride": 0,
            "frames": 8,
            "channels": (24, 32, 64),
            "items": 500,
            "sharpness": 10.0,
            "learning_rate": 1e-3,
            "decay": "cosine",
            "batch": 4,
            "epochs": 10,
            "steps": 250,
        },
        "tiny": {
            "height": 32,
            "frames": 8,
            "channels": (4, 4, 8),
            "items": 16,
            "sharpness": 10.0,
            "learning_rate": 3e-3,
            "batch": 4,
            "epochs": 2,
            "steps": 10,
            "box": 3,
        },
    }
    phrases: ClassVar[Mapping[str, str]] = {
        "": "{it} looks or moves like nothing seen in training",
        "reconstruction": "the pictures could not be put together from remembered ones",
        "peak": "{it} could not be put together from what is remembered",
    }
    config: MemAEConfig

    def build(self) -> nn.Module:
        """As `StackMethod.build`."""
        return MemAENetwork(self.config.colours, self.config)

    def losses(self, network: Any, windows: Tensor) -> dict[str, Tensor]:
        """Gong et al. eq. 10; eq. 8 is averaged over pixels, eq. 9 over codes."""
        guess, weights = network.addressed(windows)
        parts = {
            "reconstruction": (guess.float() - windows).square().mean(),
            "entropy": entropy(weights),
        }
        total = parts["reconstruction"] + self.config.entropy * parts["entropy"]
        return {"total": total, **parts}
