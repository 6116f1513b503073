"""MULDE's network: the energy of a feature vector at a scale of noise."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

LOWEST, HIGHEST = 1e-3, 1.0
"""Noise that standardised features are learned under."""


class EnergyNetwork(nn.Module):
    """f(x, sigma), which learns the negative logarithm of the density of noisy features.

    Args:
        features: numbers of a feature vector.
        width: units of the two hidden layers.
    """

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features + 1, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, 1),
        )

    def forward(self, values: Tensor, sigmas: Tensor) -> Tensor:
        """Energies (n, 1) of standardised features (n, d), at scales (n, 1)."""
        energies: Tensor = self.layers(torch.cat([values, sigmas.log()], 1))
        return energies


def asked_scales(count: int) -> NDArray[np.float32]:
    """The scales that a feature vector is asked at, evenly spread by their logarithms."""
    return np.geomspace(LOWEST, HIGHEST, count).astype(np.float32)
