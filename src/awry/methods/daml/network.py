"""DAML's networks (Li et al. 2021, Fig. 1): a 2-D encoder per frame, its decoder, and the model.

The model holds both, the motion model of `motion.py`, and the mean picture of each scene.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.motion import motion_model
from awry.methods.graphs import Graph

POOLED = "*"
"""Stands for all scenes together."""


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


class FrameDecoder(nn.Module):
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


class DAMLModel(nn.Module):
    """Encoder, decoder and motion model.

    Args:
        config: with `width` and `grey` resolved.
        scenes: names of the scenes that have a mean picture of their own.

    Attributes:
        means: float32 (1 + scenes, c, H, W) in [0, 1], the training means, the pooled one first.
        deviations: float32 (1 + scenes, H, W) in [0, 1], how far pixels differ from them; None in
            bundles of before they were kept.
    """

    def __init__(self, config: DAMLConfig, scenes: tuple[str, ...]) -> None:
        super().__init__()
        assert config.width is not None
        assert config.grey is not None
        self.config = config
        colours = 1 if config.grey else 3
        channels = widths(config.blocks, config.channels, config.max_channels)
        shape = (colours, channels, config.slope, config.batch_norm_epsilon)
        self.encoder = Encoder(*shape)
        self.decoder = FrameDecoder(*shape, tanh=config.tanh)
        self.motion = motion_model(
            config.motion,
            channels[-1],
            config.inputs,
            stride=config.input_stride,
            layers=config.motion_layers,
            temporal_kernel=config.temporal_kernel,
            slope=config.slope,
            epsilon=config.batch_norm_epsilon,
        )
        self.scenes = (POOLED, *scenes)
        means = torch.zeros(len(self.scenes), colours, config.height, config.width)
        self.register_buffer("means", means)
        self.means: Tensor
        self.deviations: Tensor | None = None
        self.encoder.to(memory_format=torch.channels_last)
        self.decoder.to(memory_format=torch.channels_last)

    def mean_of(self, scene: str) -> Tensor:
        """The training mean (c, H, W) in [0, 1] of a scene, or the pooled one."""
        return self.means[self._number(scene)]

    def deviation_of(self, scene: str) -> Tensor | None:
        """How far pixels differ from that mean, (H, W) in [0, 1], where that is known."""
        return None if self.deviations is None else self.deviations[self._number(scene)]

    def _number(self, scene: str) -> int:
        return self.scenes.index(scene if scene in self.scenes else POOLED)

    def encode(self, frames: Tensor) -> list[Tensor]:
        """`Encoder.forward` in the memory layout that is fastest on a CPU."""
        features: list[Tensor] = self.encoder(frames.contiguous(memory_format=torch.channels_last))
        return features

    def graphs(self) -> dict[str, Graph]:
        """What scoring asks: `encoder`, and `motion_1`, ... for the stages of the motion model."""
        config, channels = self.config, self.encoder.channels
        sides = (config.height // config.factor, self.means.shape[3] // config.factor)
        frames = self.means[:1].expand(2, -1, -1, -1).contiguous()
        graphs = {"encoder": Graph(_Code(self.encoder), {"frames": frames}, ("code",))}
        stages = zip(self.motion.taps, self.motion.stages(), strict=True)
        for number, (taps, stage) in enumerate(stages):
            codes = torch.zeros(2, len(taps), channels, *sides)
            graphs[motion_name(number)] = Graph(stage, {"codes": codes}, ("code",))
        return graphs

    def decode(self, latent: Tensor, skips: list[Tensor]) -> Tensor:
        """`FrameDecoder.forward`."""
        frames: Tensor = self.decoder(latent, skips)
        return frames


class _Code(nn.Module):
    """The encoder's last feature map alone."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames: Tensor) -> Tensor:
        features: list[Tensor] = self.encoder(frames.contiguous(memory_format=torch.channels_last))
        return features[-1]


def motion_name(number: int) -> str:
    """The graph's name of a stage of the motion model, from 0."""
    return f"motion_{number + 1}"


def to_input(images: NDArray[np.uint8], mean: Tensor) -> Tensor:
    """Pictures as the encoder takes them.

    Args:
        images: uint8 (n, h, w, c).
        mean: float32 (c, h, w) in [0, 1].

    Returns:
        float32 (n, c, h, w) in [-1, 1].
    """
    frames = torch.from_numpy(images.astype(np.float32)).permute(0, 3, 1, 2)
    return frames.div_(255).sub_(mean)
