"""Darknet's `.weights`: a header, then float32 numbers of one convolution after the other."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError
from awry.exporting.darknet.settings import Convolution, Settings
from awry.foreign import reading

EPSILON = 1e-5
"""Added to the variance, as Darknet does on a GPU, where the published networks were measured."""

_VERSION = struct.Struct("<3i")
_LARGEST_VERSION = 1000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kernel:
    """One convolution's weights, its batch normalisation joined with them.

    Attributes:
        weight: float32 (filters, inputs, size, size).
        bias: float32 (filters,).
    """

    weight: Floats
    bias: Floats


def read_weights(file: Path, settings: Settings) -> list[Kernel]:
    """Read the weights of a network's convolutions.

    Args:
        file: the binary file.
        settings: of the network that it belongs to; its size must fit.

    Raises:
        ConfigError: it cannot be read, belongs to another network, is cut off, or holds numbers
            that no network has.
    """
    with reading(
        file,
        "a Darknet network's weights",
        ConfigError,
        "Give the .cfg and the .weights of one network, and download the file again if it may be "
        "incomplete.",
    ):
        start = _header(file)
        there, wanted = file.stat().st_size - start, 4 * settings.numbers
        if there != wanted:
            fault = "it ends too early" if there < wanted else "something follows"
            raise ValueError(
                f"it holds {there} bytes of weights, and the network has {wanted}: {fault}"
            )
        return list(_kernels(file, start, settings.convolutions))


def _header(file: Path) -> int:
    """Bytes before the weights: three numbers of the version, and how many pictures were seen."""
    with file.open("rb") as stream:
        data = stream.read(_VERSION.size)
    if len(data) < _VERSION.size:
        raise EOFError
    major, minor, _ = _VERSION.unpack(data)
    if not (0 <= major < _LARGEST_VERSION and 0 <= minor < _LARGEST_VERSION):
        raise ValueError(f"it begins with the version {major}.{minor}, which no Darknet has")
    return _VERSION.size + (8 if 10 * major + minor >= 2 else 4)


def _kernels(file: Path, start: int, layers: tuple[Convolution, ...]) -> Iterator[Kernel]:
    with file.open("rb") as stream:
        stream.seek(start)
        for number, layer in enumerate(layers, 1):
            values = np.fromfile(stream, "<f4", layer.numbers)
            if len(values) < layer.numbers:
                raise EOFError
            if not np.isfinite(values).all():
                raise ValueError(
                    f"convolution {number} of {len(layers)} has values that are not finite"
                )
            yield _joined(values, layer, number)


def _joined(values: Floats, layer: Convolution, number: int) -> Kernel:
    filters = layer.shape[0]
    weight = values[-math.prod(layer.kernel) :].reshape(layer.kernel)
    bias = values[:filters]
    if not layer.normalised:
        return Kernel(weight.astype(np.float32), bias.astype(np.float32))
    gamma, mean, variance = (
        values[k * filters : (k + 1) * filters].astype(np.float64) for k in (1, 2, 3)
    )
    if (variance < 0).any():
        raise ValueError(f"convolution {number} has a variance below zero")
    scale = gamma / np.sqrt(variance + EPSILON)
    return Kernel(
        (weight * scale[:, None, None, None]).astype(np.float32),
        (bias - mean * scale).astype(np.float32),
    )
