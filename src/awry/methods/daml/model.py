"""DAML's networks together, with the per-pixel training mean of each scene."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.motion import motion_model
from awry.methods.daml.network import Decoder, Encoder, widths
from awry.methods.graphs import Graph

POOLED = "*"


class DAMLModel(nn.Module):
    """Encoder, decoder and motion model.

    Args:
        config: with `width` and `grey` resolved.
        scenes: names of the scenes that have a mean picture of their own.
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
        self.decoder = Decoder(*shape, tanh=config.tanh)
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
        self.encoder.to(memory_format=torch.channels_last)
        self.decoder.to(memory_format=torch.channels_last)

    def mean_of(self, scene: str) -> Tensor:
        """The training mean (c, H, W) in [0, 1] of a scene, or the pooled one."""
        known = scene if scene in self.scenes else POOLED
        return self.means[self.scenes.index(known)]

    def encode(self, frames: Tensor) -> list[Tensor]:
        """`Encoder.forward` in the memory layout that is fastest on a CPU."""
        features: list[Tensor] = self.encoder(frames.contiguous(memory_format=torch.channels_last))
        return features

    def graphs(self) -> dict[str, Graph]:
        """What scoring asks: `encoder`, and `motion_1`, ... for the stages of the motion model."""
        config, channels = self.config, self.encoder.channels
        sides = (config.height // config.factor, self.means.shape[3] // config.factor)
        frames = self.means[:1].expand(2, -1, -1, -1).contiguous()
        found = {"encoder": Graph(_Code(self.encoder), {"frames": frames}, ("code",))}
        stages = zip(self.motion.taps, self.motion.stages(), strict=True)
        for number, (taps, stage) in enumerate(stages):
            codes = torch.zeros(2, len(taps), channels, *sides)
            found[motion_name(number)] = Graph(stage, {"codes": codes}, ("code",))
        return found

    def decode(self, latent: Tensor, skips: list[Tensor]) -> Tensor:
        """`Decoder.forward`."""
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
