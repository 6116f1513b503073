"""DAML's appearance networks: a 2-D encoder per frame and its decoder (Li et al. 2021, Fig. 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def widths(blocks: int, channels: int, most: int) -> list[int]:
    """Channels of each encoder block: doubling, capped.

    >>> widths(4, 64, 1024), widths(5, 64, 1024)
    ([64, 128, 256, 512], [64, 128, 256, 512, 1024])
    """
    return [min(channels * 2**block, most) for block in range(blocks)]


def double_convolution(inputs: int, outputs: int, slope: float, epsilon: float) -> nn.Sequential:
    """Two 3x3 convolutions, each with batch normalisation and LeakyReLU."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [
            nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs, eps=epsilon),
            nn.LeakyReLU(slope, inplace=True),
        ]
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """Blocks of two 3x3 convolutions, 2x2 max-pooling between blocks and none after the last.

    Args:
        colours: 1 (grey) or 3 (RGB).
        channels: output channels of each block.
        slope: of the LeakyReLU.
        epsilon: of the batch normalisation.
    """

    def __init__(self, colours: int, channels: list[int], slope: float, epsilon: float) -> None:
        super().__init__()
        self.channels = channels[-1]
        sizes = [colours, *channels]
        self.blocks = nn.ModuleList(
            double_convolution(before, after, slope, epsilon)
            for before, after in zip(sizes[:-1], channels, strict=True)
        )

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Encode frames.

        Args:
            frames: float32 (n, colours, H, W), training mean subtracted; H and W divisible by
                2 ** (blocks - 1).

        Returns:
            Feature maps from the finest to the coarsest; the last one is the latent code
            (n, channels[-1], H / 2 ** (blocks - 1), W / 2 ** (blocks - 1)).
        """
        features: list[Tensor] = []
        for block in self.blocks:
            frames = block(F.max_pool2d(features[-1], 2) if features else frames)
            features.append(frames)
        return features


class Decoder(nn.Module):
    """Mirrors the encoder with 2x2 transposed convolutions and skips from *another* frame.

    Args:
        colours, channels, slope, epsilon: as the encoder's.
        tanh: end with tanh (the published code does on Avenue and moving digits).
    """

    def __init__(
        self, colours: int, channels: list[int], slope: float, epsilon: float, tanh: bool = False
    ) -> None:
        super().__init__()
        pairs = list(zip(channels[::-1][:-1], channels[::-1][1:], strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(low, high, 2, 2) for low, high in pairs)
        self.blocks = nn.ModuleList(
            double_convolution(2 * high, high, slope, epsilon) for _, high in pairs
        )
        self.last = nn.Conv2d(channels[0], colours, 3, padding=1)
        self.tanh = tanh

    def forward(self, latent: Tensor, skips: list[Tensor]) -> Tensor:
        """Decode latent codes with the feature maps of an earlier frame.

        Args:
            latent: (n, channels[-1], h, w).
            skips: the earlier frame's feature maps as `Encoder` gives them; the last is unused.

        Returns:
            (n, colours, H, W), training mean subtracted.
        """
        for up, block, skip in zip(self.up, self.blocks, skips[-2::-1], strict=True):
            latent = block(torch.cat([up(latent), skip], dim=1))
        frame: Tensor = self.last(latent)
        return torch.tanh(frame) if self.tanh else frame
