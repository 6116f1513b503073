"""DAML's networks (Li et al. 2021, Fig. 1): a 2-D encoder per frame, its decoder, and the model.

The model holds both, the motion model of `motion.py`, and the mean picture of each scene.
"""

from __future__ import annotations

import torch
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


def double_convolution(
    inputs: int, outputs: int, slope: float, epsilon: float, *, tanh: bool = False
) -> nn.Sequential:
    """Two 3x3 convolutions, each with batch normalisation and LeakyReLU; the last with tanh."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [
            nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs, eps=epsilon),
            nn.LeakyReLU(slope, inplace=True),
        ]
    if tanh:
        layers[-1] = nn.Tanh()
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """Blocks of two 3x3 convolutions, 2x2 max-pooling between blocks.

    Args:
        colours: 1 (grey) or 3 (RGB).
        channels: output channels of each block.
        slope: of the LeakyReLU.
        epsilon: of the batch normalisation.
        tanh: the code ends with tanh (the published code's on Avenue and moving digits).
        last_pool: pool after the last block too (its on moving digits).
    """

    def __init__(
        self,
        colours: int,
        channels: list[int],
        slope: float,
        epsilon: float,
        *,
        tanh: bool = False,
        last_pool: bool = False,
    ) -> None:
        super().__init__()
        self.channels = channels[-1]
        self.last_pool = last_pool
        sizes = [colours, *channels]
        last = len(channels) - 1
        self.blocks = nn.ModuleList(
            double_convolution(before, after, slope, epsilon, tanh=tanh and number == last)
            for number, (before, after) in enumerate(zip(sizes[:-1], channels, strict=True))
        )

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Encode frames.

        Args:
            frames: float32 (n, colours, H, W), training mean subtracted; H and W divisible by
                the factor from the picture to the code, 2 ** (blocks - 1) without `last_pool`.

        Returns:
            Feature maps from the finest to the coarsest; the last one is the latent code
            (n, channels[-1], H / factor, W / factor).
        """
        features: list[Tensor] = []
        for block in self.blocks:
            frames = block(F.max_pool2d(features[-1], 2) if features else frames)
            features.append(frames)
        if self.last_pool:
            features.append(F.max_pool2d(features[-1], 2))
        return features


class FrameDecoder(nn.Module):
    """Goes up by 2x2 transposed convolutions, with skips from *another* frame.

    Args:
        colours, slope, epsilon: as the encoder's.
        channels: of the encoder's feature maps, the code's last.
        finest: channels of the last block, doubling from block to block before it; None: each
            block has as many as the feature maps of its size.
        skips: whether an earlier frame's feature maps are joined in.
        output: `linear`, or what follows the last layer: `tanh`, `sigmoid`.
    """

    def __init__(
        self,
        colours: int,
        channels: list[int],
        slope: float,
        epsilon: float,
        *,
        finest: int | None = None,
        skips: bool = True,
        output: str = "linear",
    ) -> None:
        super().__init__()
        joined = channels[-2::-1]
        outputs = joined if finest is None else [finest * 2**i for i in range(len(joined))][::-1]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(low, high, 2, 2)
            for low, high in zip([channels[-1], *outputs[:-1]], outputs, strict=True)
        )
        self.blocks = nn.ModuleList(
            double_convolution(high + (skip if skips else 0), high, slope, epsilon)
            for high, skip in zip(outputs, joined, strict=True)
        )
        self.last = nn.Conv2d(outputs[-1], colours, 3, padding=1)
        self.skips = skips
        self.output = output

    def forward(self, latent: Tensor, skips: list[Tensor]) -> Tensor:
        """Decode latent codes with the feature maps of an earlier frame.

        Args:
            latent: (n, channels[-1], h, w).
            skips: the earlier frame's feature maps as `Encoder` gives them; the last is unused,
                and without skips all of them.

        Returns:
            (n, colours, H, W), training mean subtracted.
        """
        for up, block, skip in zip(self.up, self.blocks, skips[-2::-1], strict=True):
            latent = up(latent)
            latent = block(torch.cat([latent, skip], dim=1) if self.skips else latent)
        frame: Tensor = self.last(latent)
        if self.output == "linear":
            return frame
        return torch.tanh(frame) if self.output == "tanh" else torch.sigmoid(frame)


class DAMLModel(nn.Module):
    """Encoder, decoder and motion model.

    Args:
        config: with `width` and `grey` resolved.
        scenes: names of the scenes that have a mean picture of their own.

    Attributes:
        means: float32 (1 + scenes, c, H, W) in [0, 1], the training means, the pooled one first;
            zeros where none is subtracted.
        deviations: float32 (1 + scenes, H, W) in [0, 1], how far pixels differ from them; None in
            bundles of before they were kept.
        energy: mean square of the codes of training frames; None where no score needs it.
        levels: float64 (1 + scenes,), above 0, the usual error that scores are in shares of;
            where there is `energy`.
    """

    def __init__(self, config: DAMLConfig, scenes: tuple[str, ...]) -> None:
        super().__init__()
        assert config.width is not None
        assert config.grey is not None
        self.config = config
        colours = 1 if config.grey else 3
        channels = widths(config.blocks, config.channels, config.max_channels)
        activation = (config.slope, config.batch_norm_epsilon)
        self.encoder = Encoder(
            colours, channels, *activation, tanh=config.code_tanh, last_pool=config.last_pool
        )
        self.decoder = FrameDecoder(
            colours,
            channels + channels[-1:] * config.last_pool,
            *activation,
            finest=config.decoder_channels,
            skips=config.skips != "none",
            output=config.output,
        )
        self.motion = motion_model(
            config.motion,
            channels[-1],
            config.inputs,
            stride=config.input_stride,
            layers=config.motion_layers,
            temporal_kernel=config.temporal_kernel,
            slope=config.slope,
            epsilon=config.batch_norm_epsilon,
            tanh=config.code_tanh,
            padding=config.padding,
            bins=config.bins,
        )
        self.scenes = (POOLED, *scenes)
        means = torch.zeros(len(self.scenes), colours, config.height, config.width)
        self.register_buffer("means", means)
        self.means: Tensor
        self.deviations: Tensor | None = None
        self.energy: float | None = None
        self.levels: Tensor | None = None
        if config.initial == "glorot":
            self.apply(_glorot)
        self.encoder.to(memory_format=torch.channels_last)
        self.decoder.to(memory_format=torch.channels_last)

    def train(self, mode: bool = True) -> DAMLModel:
        """As `nn.Module.train`; without `batch_statistics` batch normalisation stays as it is."""
        super().train(mode)
        if not self.config.batch_statistics:
            for part in self.modules():
                if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
                    part.eval()
        return self

    def mean_of(self, scene: str) -> Tensor:
        """The training mean (c, H, W) in [0, 1] of a scene, or the pooled one."""
        return self.means[self._number(scene)]

    def deviation_of(self, scene: str) -> Tensor | None:
        """How far pixels differ from that mean, (H, W) in [0, 1], where that is known."""
        return None if self.deviations is None else self.deviations[self._number(scene)]

    def level_of(self, scene: str) -> float:
        """The usual error of a scene, or of all; 1 where none was measured."""
        return 1.0 if self.levels is None else float(self.levels[self._number(scene)])

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


def _glorot(part: nn.Module) -> None:
    """Weights as Keras has them before training."""
    if isinstance(part, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(part.weight)
        if part.bias is not None:
            nn.init.zeros_(part.bias)


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


def to_input(images: Tensor, mean: Tensor) -> Tensor:
    """Pictures as the encoder takes them, where they are.

    Args:
        images: uint8 (..., h, w, c).
        mean: float32 (c, h, w) in [0, 1], on the same device; or one for each picture.

    Returns:
        float32 (..., c, h, w) in [-1, 1].
    """
    return images.float().movedim(-1, -3).div_(255).sub_(mean)
