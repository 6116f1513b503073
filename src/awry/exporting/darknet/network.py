"""A Darknet network in PyTorch, its boxes decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from awry.exporting.darknet.settings import (
    PICTURE,
    Boxes,
    Convolution,
    Layer,
    MaxPool,
    Route,
    Settings,
    Shortcut,
    Upsample,
)
from awry.exporting.darknet.weights import Kernel

LEAK = 0.1
"""Slope of Darknet's `leaky` below zero."""


class DarknetNetwork(nn.Module):
    """Takes pictures (n, 3, height, width), RGB 0-1; gives boxes (n, candidates, 5 + classes).

    A candidate is its centre and sides in pixels of the input, its objectness, and each class's
    probability by itself, where it is an object. Candidates are ordered by scale, as the settings
    have them, then anchor, row and column.

    Args:
        settings: of the network.
        kernels: of its convolutions, in order.
    """

    def __init__(self, settings: Settings, kernels: Sequence[Kernel]) -> None:
        super().__init__()
        self._layers = settings.layers
        rest = iter(kernels)
        self.parts = nn.ModuleList(_part(layer, settings, rest) for layer in settings.layers)

    def forward(self, picture: Tensor) -> Tensor:
        """As the class says."""
        given: list[Tensor] = []
        boxes: list[Tensor] = []
        for layer, part in zip(self._layers, self.parts, strict=True):
            taken = [picture if one == PICTURE else given[one] for one in layer.sources]
            if isinstance(layer, Boxes):
                boxes.append(part(*taken))
                given.append(taken[0])  # no layer takes it in
            else:
                given.append(part(*taken))
        return torch.cat(boxes, 1)


def _part(layer: Layer, settings: Settings, kernels: Iterator[Kernel]) -> nn.Module:
    match layer:
        case Convolution():
            return _Convolved(layer, next(kernels))
        case MaxPool():
            return _Pooled(layer)
        case Shortcut():
            return _Summed(layer)
        case Route():
            return _Routed()
        case Upsample():
            return nn.Upsample(scale_factor=layer.stride, mode="nearest")
        case Boxes():
            return _Decoded(layer, settings)
    raise TypeError(f"no layer but {layer!r}")


class _Convolved(nn.Module):
    def __init__(self, layer: Convolution, kernel: Kernel) -> None:
        super().__init__()
        filters, inputs, size, _ = layer.kernel
        with torch.device("meta"):
            self.convolution = nn.Conv2d(inputs, filters, size, layer.stride, layer.padding)
        self.convolution.weight = nn.Parameter(torch.from_numpy(kernel.weight))
        self.convolution.bias = nn.Parameter(torch.from_numpy(kernel.bias))
        self._activation = layer.activation

    def forward(self, x: Tensor) -> Tensor:
        return _activated(self.convolution(x), self._activation)


class _Pooled(nn.Module):
    def __init__(self, layer: MaxPool) -> None:
        super().__init__()
        self._size, self._stride = layer.size, layer.stride
        before = layer.padding // 2
        self._borders = (before, layer.padding - before) * 2

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, self._borders, value=float("-inf")) if any(self._borders) else x
        return F.max_pool2d(padded, self._size, self._stride)


class _Summed(nn.Module):
    def __init__(self, layer: Shortcut) -> None:
        super().__init__()
        self._activation = layer.activation

    def forward(self, x: Tensor, earlier: Tensor) -> Tensor:
        return _activated(x + earlier, self._activation)


class _Routed(nn.Module):
    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat(parts, 1) if len(parts) > 1 else parts[0]


class _Decoded(nn.Module):
    """Boxes of one scale: a centre within its cell, sides by the anchor, everything else 0 to 1."""

    cells: Tensor
    anchors: Tensor
    step: Tensor

    def __init__(self, layer: Boxes, settings: Settings) -> None:
        super().__init__()
        _, rows, columns = layer.shape
        count, self._width = len(layer.anchors), layer.classes + 5
        grid = torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy")
        cells = torch.stack(grid, 2).reshape(-1, 2).float()
        anchors = torch.tensor(layer.anchors).repeat_interleave(rows * columns, 0)
        step = torch.tensor([settings.width / columns, settings.height / rows])
        self.register_buffer("cells", cells.repeat(count, 1))
        self.register_buffer("anchors", anchors)
        self.register_buffer("step", step)
        self._shape = (count, self._width, rows, columns)

    def forward(self, raw: Tensor) -> Tensor:
        """(n, anchors * (5 + classes), rows, columns) -> (n, candidates, 5 + classes)."""
        apart = raw.reshape(raw.shape[0], *self._shape).permute(0, 1, 3, 4, 2)
        flat = apart.reshape(raw.shape[0], -1, self._width)
        centres = (flat[..., :2].sigmoid() + self.cells) * self.step
        sides = flat[..., 2:4].exp() * self.anchors
        return torch.cat([centres, sides, flat[..., 4:].sigmoid()], 2)


def _activated(x: Tensor, activation: str) -> Tensor:
    return F.leaky_relu(x, LEAK) if activation == "leaky" else x
