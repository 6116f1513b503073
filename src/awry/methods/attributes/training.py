"""MULDE's training: multiscale log-density by denoising score matching."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.network import HIGHEST, LOWEST, EnergyNetwork
from awry.training.loop import Phase, Step

STEPS = 100
"""Of an epoch."""


def energy_losses(
    network: EnergyNetwork, values: Tensor, sigmas: Tensor, noise: Tensor, beta: float
) -> dict[str, Tensor]:
    """MULDE's objective: the energy's slope leads back to the clean features; energies stay small.

    Args:
        network: what learns.
        values: standardised features (n, d).
        sigmas: (n, 1), the scale of each one's noise.
        noise: (n, d), standard normal.
        beta: weight of the energies' size.

    Returns:
        `matching`, `size` and their sum `total`.
    """
    added = sigmas * noise
    noisy = (values + added).requires_grad_()
    energies = network(noisy, sigmas)
    (slope,) = torch.autograd.grad(energies.sum(), noisy, create_graph=True)
    # sigma^2 / 2 |-slope + e / sigma^2|^2, with one sigma inside: no division by tiny squares.
    matching = 0.5 * (sigmas * slope - noise).square().sum(1).mean()
    size = 0.5 * beta * energies.square().mean()
    return {"matching": matching, "size": size, "total": matching + size}


def drawn(
    values: NDArray[np.float32], count: int, generator: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Features (n, d), scales (n, 1), log-uniform, and noise (n, d) of one step."""
    chosen = values[generator.integers(len(values), size=min(count, len(values)))]
    low, high = math.log(LOWEST), math.log(HIGHEST)
    sigmas = np.exp(generator.uniform(low, high, (len(chosen), 1))).astype(np.float32)
    noise = generator.standard_normal(chosen.shape, np.float32)
    return torch.from_numpy(chosen), torch.from_numpy(sigmas), torch.from_numpy(noise)


def energy_phase(
    name: str,
    network: EnergyNetwork,
    values: NDArray[np.float32],
    config: AttributesConfig,
    compute: Compute = PROCESSOR,
) -> Phase:
    """Training of one attribute's energy.

    Args:
        name: of the attribute.
        network: what learns.
        values: float32 (n, d), standardised.
        config: epochs, batch and rate.
        compute: where the network is while it learns.
    """

    def loss(step: Step) -> dict[str, Tensor]:
        every = drawn(values, config.energy_batch, step.generator)
        mine: Any = step.mine  # of the rows of a tensor too
        features, sigmas, noise = (compute.put(mine(one)) for one in every)
        # Noise of a thousandth is less than the last digit of 16 bits, and its slope all the more.
        with compute.exact():
            return energy_losses(network, features, sigmas, noise, beta=config.beta)

    return Phase(
        name,
        list(network.parameters()),
        config.energy_epochs,
        STEPS,
        loss,
        lambda parameters: torch.optim.Adam(parameters, lr=config.energy_rate),
        rate=_falling(config.energy_epochs * STEPS),
    )


def _falling(steps: int) -> Callable[[int, int], float]:
    """Half a cosine, from the full rate to none."""
    return lambda epoch, step: 0.5 * (1 + math.cos(math.pi * (epoch * STEPS + step) / steps))
