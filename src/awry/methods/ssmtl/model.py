"""What SSMTL learns: a network for each stream, and what is normal for its scores."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import Network

CLASSIFIER_OUTPUTS = 1000
CLASSES = 80


class Stream(nn.Module):
    """One level's network, with the statistics of its scores on held-back normal footage.

    Attributes:
        parts: names of what the score is made of, in order.
        part_location, part_scale: (parts,), mean and standard deviation of each part.
        part_floor: (parts,), the lowest value of each.
        floor: the lowest score, which frames without objects get.
        object_side: median of the objects' longer sides, in pixels; 0: unknown.
        location, scale: mean and standard deviation of the frames' scores, for the fusion.
    """

    def __init__(self, network: Network, parts: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.parts = tuple(parts)
        names = ("part_location", "part_scale", "part_floor")
        for name in names:
            start = torch.ones if name == "part_scale" else torch.zeros
            self.register_buffer(name, start(len(self.parts), dtype=torch.float64))
        for name in ("floor", "location", "scale", "object_side"):
            self.register_buffer(name, torch.tensor(float(name == "scale"), dtype=torch.float64))
        self.part_location: Tensor
        self.part_scale: Tensor
        self.part_floor: Tensor
        self.floor: Tensor
        self.object_side: Tensor
        self.location: Tensor
        self.scale: Tensor


class SSMTLModel(nn.Module):
    """The streams of a level: `object`, `frame` or both.

    Args:
        config: with `grey` and `class_scores` resolved.
    """

    def __init__(self, config: SSMTLConfig) -> None:
        super().__init__()
        self.streams = nn.ModuleDict()
        colours = 1 if config.grey else 3
        for level in levels_of(config):
            outputs, tasks = distilled(config, level), tasks_of(config, level)
            side = config.side if level == "object" else config.frame_side
            network = Network(config, colours, side, outputs, tasks)
            self.streams[level] = Stream(network, parts_of(config, level, tasks))

    def stream(self, level: str) -> Stream:
        """The stream of a level."""
        found = self.streams[level]
        assert isinstance(found, Stream)
        return found


def levels_of(config: SSMTLConfig) -> tuple[str, ...]:
    """The streams that a level needs."""
    return ("object", "frame") if config.level == "fused" else (config.level,)


def tasks_of(config: SSMTLConfig, level: str) -> list[str]:
    """The proxy tasks of a level: distillation only where a teacher says something."""
    outputs = distilled(config, level)
    return [task for task in config.tasks if task != "distillation" or outputs]


def distilled(config: SSMTLConfig, level: str) -> int:
    """Outputs of the distillation head: the classifier's first, then the detector's."""
    classes = CLASSES if level == "object" and config.class_scores else 0
    return (0 if config.classifier == "none" else CLASSIFIER_OUTPUTS) + classes


def parts_of(config: SSMTLConfig, level: str, tasks: Sequence[str]) -> list[str]:
    """What the score of a level is made of (eq. 6): distillation by its class probabilities."""
    chosen = tasks if level == "object" else [t for t in tasks if t in config.frame_tasks]
    parts = [task for task in chosen if task != "distillation"]
    if "distillation" in chosen and level == "object" and config.class_scores:
        parts.append("distillation")
    scored = config.score_classifier or (level == "frame" and "distillation" in chosen)
    if "distillation" in tasks and scored and config.classifier != "none":
        parts.append("classifier")
    return parts
