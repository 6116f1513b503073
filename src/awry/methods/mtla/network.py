"""What MTLA learns: a network for each branch, the scenes' backgrounds, and what is normal."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from awry.methods.mtla.config import BRANCHES, Branch, MTLAConfig
from awry.methods.mtla.unet import AttentionNetwork, UNet, make_unet


class AppearanceBranch(nn.Module):
    """Section 3.2: from the frames before (or the current one) to a segmentation, or a frame.

    Args:
        config: resolved.
        pretrained: the encoder starts from ImageNet's weights.
    """

    def __init__(self, config: MTLAConfig, pretrained: bool) -> None:
        super().__init__()
        colours = 1 if config.grey else 3
        self.gives_classes = config.appearance != "frame"
        outputs = channels_of(config) if self.gives_classes else colours
        frames = 1 if config.appearance == "current" else 2
        name = config.appearance_encoder
        self.unet = make_unet(name, colours, frames, outputs, config, pretrained=pretrained)

    def forward(self, pictures: Tensor) -> Tensor:
        """What is expected.

        Args:
            pictures: float32 (n, frames * colours, h, w) in [0, 1], earlier frames first.

        Returns:
            float32 (n, channels, h, w): probabilities of background, classes and other; or
            (n, colours, h, w), the frame.
        """
        output: Tensor = self.unet(pictures)
        # In full: small probabilities would be lost.
        return output.float().softmax(1) if self.gives_classes else output


class MotionBranch(nn.Module):
    """Sections 3.3 to 3.5: from a frame, under attention, to the magnitude of its flow.

    Args:
        config: resolved.
        pretrained: the encoder starts from ImageNet's weights.
    """

    def __init__(self, config: MTLAConfig, pretrained: bool) -> None:
        super().__init__()
        inputs = attention_inputs(config)
        self.attention = AttentionNetwork(inputs) if inputs else None
        self.unet: UNet = make_unet(
            config.motion_encoder,
            1 if config.grey else 3,
            1,
            1,
            config,
            scse=config.scse,
            attention=config.attention,
            pretrained=pretrained,
        )

    def forward(self, pictures: Tensor, context: Tensor | None = None) -> Tensor:
        """Flow magnitude.

        Args:
            pictures: float32 (n, colours, h, w) in [0, 1].
            context: float32 (n, inputs, h, w), what the attention map is made from; None without
                attention.

        Returns:
            float32 (n, 1, h, w), in pixels a frame of the pictures that teachers look at.
        """
        factors = self.attention(context) if self.attention is not None else None
        output: Tensor = self.unet(pictures, factors)
        return output


class MTLAModel(nn.Module):
    """The branches of a config and the statistics of their scores on held-back normal footage.

    Attributes:
        location, scale: (branches,), mean and standard deviation of each branch's frame score.
        map_location, map_scale: the same of the highest value of each branch's error map.
        branch_weights: (branches,), with the sum 1.
        object_side: median of the objects' longer sides, in pixels of the networks' pictures.
        usual_flow: the highest median flow of any held-back frame, in pixels.

    Args:
        config: with `grey`, `width` and `classes` resolved.
        pretrained: encoders start from ImageNet's weights.
        seed: of the fresh weights; each branch's do not depend on what the other one is.
    """

    def __init__(self, config: MTLAConfig, *, pretrained: bool = False, seed: int = 0) -> None:
        super().__init__()
        kinds = {"appearance": AppearanceBranch, "motion": MotionBranch}
        self.branches = nn.ModuleDict()
        for branch in config.branches:
            with torch.random.fork_rng():
                torch.manual_seed(seed_of(seed, branch))
                self.branches[branch] = kinds[branch](config, pretrained)
        count = len(config.branches)
        for name in ("location", "map_location"):
            self.register_buffer(name, torch.zeros(count, dtype=torch.float64))
        for name in ("scale", "map_scale"):
            self.register_buffer(name, torch.ones(count, dtype=torch.float64))
        weights = torch.full((count,), 1 / max(count, 1), dtype=torch.float64)
        self.register_buffer("branch_weights", weights)
        for name in ("object_side", "usual_flow"):
            self.register_buffer(name, torch.tensor(0.0, dtype=torch.float64))
        self.location: Tensor
        self.scale: Tensor
        self.map_location: Tensor
        self.map_scale: Tensor
        self.branch_weights: Tensor
        self.object_side: Tensor
        self.usual_flow: Tensor


def attention_inputs(config: MTLAConfig) -> int:
    """Channels that the attention map is made from; 0 without attention."""
    return sum({"direction": 2, "depth": 1}[name] for name in config.attended)


def seed_of(seed: int, branch: Branch) -> int:
    """A branch's own seed: it is the same network, whichever branch stands beside it."""
    return len(BRANCHES) * seed + BRANCHES.index(branch)


def channels_of(config: MTLAConfig) -> int:
    """Channels of a class map: background, the classes, other; without classes the objects."""
    return 2 + len(config.classes or ())
