"""MTLA's networks: UNets with scSE, and the attention to direction and distance (Figs. 2 to 4)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from awry.errors import MissingError
from awry.methods.mtla.config import MTLAConfig

MEAN, DEVIATION = 0.449, 0.226
"""Of ImageNet's pictures, over the three colours."""
CHANNEL_MEANS, CHANNEL_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Likewise, of red, green and blue each by itself."""
ATTENTION_FILTERS = 16


class SCSE(nn.Module):
    """Concurrent spatial and channel squeeze and excitation (Roy et al. 2019, their eqs. 1 to 5).

    `x * sigmoid(w . x) + x * sigmoid(W2 relu(W1 mean(x)))`: pixels and channels that matter.

    Args:
        channels: of the feature map.
        reduction: of the channels in between.
    """

    def __init__(self, channels: int, reduction: int = 2) -> None:
        super().__init__()
        between = max(1, channels // reduction)
        self.channel = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, between, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(between, channels, 1),
            nn.Sigmoid(),
        )
        self.spatial = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> the same."""
        output: Tensor = x * self.spatial(x) + x * self.channel(x)
        return output


class AttentionNetwork(nn.Module):
    """From direction and distance to one map of factors around 1 (Fig. 4).

    Args:
        inputs: channels: |cos| and |sin| of the flow's angle, relative depth.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, ATTENTION_FILTERS, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(ATTENTION_FILTERS, ATTENTION_FILTERS, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(ATTENTION_FILTERS, 1, 3, padding=1),
        )

    def forward(self, context: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, 1, h, w) in (0, 2)."""
        output: Tensor = 2 * self.layers(context).sigmoid()
        return output


class UNet(nn.Module):
    """An encoder, and a decoder that takes each stage's features by a skip connection.

    Args:
        stages: of the encoder, finest first; each may halve the picture.
        channels: behind each stage.
        outputs: channels of what comes out.
        scse: stages, from 1, with scSE behind them; those that there are not do not matter.
        attention: where the map of factors is multiplied, see `MTLAConfig.attention`.
        stride: of the coarsest features.
        by_channel: red, green and blue are normalised each by its own mean and deviation of
            ImageNet's pictures; for RGB pictures alone.
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        channels: Sequence[int],
        outputs: int,
        stride: int,
        scse: Sequence[int] = (),
        attention: str = "none",
        *,
        by_channel: bool = False,
    ) -> None:
        super().__init__()
        self.by_channel = by_channel
        for name, values in (("means", CHANNEL_MEANS), ("deviations", CHANNEL_DEVIATIONS)):
            # They are constants: bundles need not keep them.
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)
        self.means: Tensor
        self.deviations: Tensor
        self.stages = nn.ModuleList(stages)
        self.scse = nn.ModuleDict(
            {str(stage): SCSE(channels[stage - 1]) for stage in scse if stage <= len(channels)}
        )
        self.ups = nn.ModuleList(
            block(deep + fine, fine) for deep, fine in pairwise(reversed(channels))
        )
        self.last = block(channels[0], channels[0])
        self.out = nn.Conv2d(channels[0], outputs, 1)
        self.stride = stride
        self.attention = attention
        # A third faster on a CPU than the plain layout.
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, factors: Tensor | None = None) -> Tensor:
        """Pictures to maps of the same size, whatever it is.

        Args:
            x: float32 (n, c, h, w), in [0, 1].
            factors: the attention map (n, 1, h, w), or None.

        Returns:
            float32 (n, outputs, h, w), no activation.
        """
        height, width = x.shape[2:]
        x, factors = self._padded(self._normalised(x)), self._padded(factors)
        x = x.contiguous(memory_format=torch.channels_last)
        full = x.shape[2:]
        features = []
        for number, stage in enumerate(self.stages, 1):
            x = stage(x)
            if str(number) in self.scse:
                x = self.scse[str(number)](x)
            x = self._attended(x, factors, "encoder")
            features.append(x)
        for up, skip in zip(self.ups, reversed(features[:-1]), strict=True):
            skip = self._attended(skip, factors, "skip")
            x = F.interpolate(x, skip.shape[2:], mode="bilinear", align_corners=False)
            x = self._attended(up(torch.cat([x, skip], 1)), factors, "decoder")
        if x.shape[2:] != full:
            x = F.interpolate(x, full, mode="bilinear", align_corners=False)
        x = self._attended(self.last(x), factors, "final")
        output: Tensor = self.out(x)
        return output[:, :, :height, :width]

    def _normalised(self, x: Tensor) -> Tensor:
        """By what the encoder's weights were trained with; several frames lie behind each other."""
        if not self.by_channel:
            return (x - MEAN) / DEVIATION
        frames = x.unflatten(1, (-1, len(CHANNEL_MEANS)))
        return ((frames - self.means) / self.deviations).flatten(1, 2)

    def _padded(self, x: Any) -> Any:
        """With sides that the coarsest stage divides; the right and lower borders are repeated."""
        if x is None:
            return None
        rows, columns = (-side % self.stride for side in x.shape[2:])
        return F.pad(x, (0, columns, 0, rows), mode="replicate") if rows or columns else x

    def _attended(self, x: Tensor, factors: Tensor | None, place: str) -> Tensor:
        if factors is None or place != self.attention:
            return x
        if factors.shape[2:] != x.shape[2:]:
            factors = averaged_to(factors, (x.shape[2], x.shape[3]))
        return x * factors


def averaged_to(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (n, c, h, w) averaged down to a size.

    Where results must repeat and the size divides the maps' sides, by plain pooling: what adaptive
    pooling sends back is summed in any order on CUDA.
    """
    if torch.are_deterministic_algorithms_enabled():
        rows, columns = maps.shape[2] // size[0], maps.shape[3] // size[1]
        if (rows * size[0], columns * size[1]) == tuple(maps.shape[2:]):
            return F.avg_pool2d(maps, (rows, columns))
    return F.adaptive_avg_pool2d(maps, size)


def block(before: int, after: int) -> nn.Sequential:
    """Two 3x3 convolutions, each with batch normalisation and ReLU."""
    layers: list[nn.Module] = []
    for number in (before, after):
        layers += [
            nn.Conv2d(number, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


def make_unet(
    name: str,
    colours: int,
    frames: int,
    outputs: int,
    config: MTLAConfig,
    *,
    scse: Sequence[int] = (),
    attention: str = "none",
    pretrained: bool = False,
) -> UNet:
    """A UNet on an encoder by name.

    Args:
        name: `resnet34`, `resnet18`, `vgg16` (torchvision's), or `small`.
        colours: 1 or 3.
        frames: so many pictures come in, one behind the other in the channels.
        outputs: channels of what comes out.
        config: sizes of the small encoder, and `normalisation`, by channel for RGB alone.
        scse, attention: see `UNet`.
        pretrained: start from ImageNet's weights.

    Raises:
        MissingError: the weights could not be fetched.
    """
    by_channel = config.normalisation == "channels" and colours == len(CHANNEL_MEANS)
    unet = partial(UNet, outputs=outputs, scse=scse, attention=attention, by_channel=by_channel)
    if name == "small":
        channels = [config.filters * 2**stage for stage in range(config.stages)]
        first = block(colours * frames, channels[0])
        deeper = [nn.Sequential(nn.MaxPool2d(2), block(a, b)) for a, b in pairwise(channels)]
        stages: list[nn.Module] = [first, *deeper]
        return unet(stages, channels, stride=2 ** (len(stages) - 1))
    network = _torchvision(name, pretrained)
    if name.startswith("resnet"):
        _take(network, "conv1", colours, frames)
        stages = [
            nn.Sequential(network.conv1, network.bn1, network.relu),
            nn.Sequential(network.maxpool, network.layer1),
            network.layer2,
            network.layer3,
            network.layer4,
        ]
        return unet(stages, [64, 64, 128, 256, 512], stride=32)
    _take(network.features, "0", colours, frames)
    pools = [n for n, layer in enumerate(network.features) if isinstance(layer, nn.MaxPool2d)]
    # Each stage begins with the pooling behind the one before; the last pooling is not needed.
    bounds = pairwise([0, *pools])
    stages = [network.features[first:last] for first, last in bounds]
    return unet(stages, [64, 128, 256, 512, 512], stride=16)


def _torchvision(name: str, pretrained: bool) -> Any:
    from torchvision.models import get_model

    try:
        return get_model(name, weights="DEFAULT" if pretrained else None)
    except (OSError, RuntimeError) as error:
        raise MissingError(
            f"ImageNet's weights of {name} could not be fetched ({error}). Connect once, or start "
            "from random weights with --set pretrained=false."
        ) from error


def _take(network: Any, name: str, colours: int, frames: int) -> None:
    """Let the first convolution take several pictures, grey ones too, with the weights it has."""
    old = getattr(network, name) if not name.isdigit() else network[int(name)]
    if colours * frames == old.in_channels:
        return
    new = nn.Conv2d(
        colours * frames,
        old.out_channels,
        old.kernel_size,
        old.stride,
        old.padding,
        bias=old.bias is not None,
    )
    with torch.no_grad():
        weight = old.weight if colours == 3 else old.weight.sum(1, keepdim=True)
        new.weight.copy_(weight.repeat(1, frames, 1, 1) / frames)
        if old.bias is not None:
            new.bias.copy_(old.bias)  # type: ignore[union-attr]
    if name.isdigit():
        network[int(name)] = new
    else:
        setattr(network, name, new)
