from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.network import HIGHEST, LOWEST, EnergyNetwork
from awry.methods.attributes.training import drawn, energy_losses, energy_phase
from awry.training.loop import FitContext, train


class Bowl(nn.Module):
    """The energy whose slope undoes the noise that was added to the origin."""

    def forward(self, values: Tensor, sigmas: Tensor) -> Tensor:
        return 0.5 * (values.square().sum(1, keepdim=True) / sigmas**2)


def test_the_right_energy_has_nothing_left_to_match() -> None:
    sigmas, noise = torch.tensor([[0.1], [1.0]]), torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    bowl: nn.Module = Bowl()
    made = energy_losses(bowl, torch.zeros(2, 2), sigmas, noise, beta=0.1)  # type: ignore[arg-type]
    losses = {name: float(loss.detach()) for name, loss in made.items()}
    assert losses["matching"] == pytest.approx(0, abs=1e-9)
    # Energies 2.5 and 0.125: beta / 2 of their mean square.
    assert losses["size"] == pytest.approx(0.05 * (2.5**2 + 0.125**2) / 2)
    assert losses["total"] == pytest.approx(losses["size"])


def test_scales_are_drawn_from_the_whole_range() -> None:
    values = np.zeros((10, 3), np.float32)
    chosen, sigmas, noise = drawn(values, 4000, np.random.default_rng(0))
    assert chosen.shape == noise.shape == (10, 3)
    many = drawn(np.zeros((4000, 1), np.float32), 4000, np.random.default_rng(0))[1]
    assert LOWEST <= float(many.min()) < 2 * LOWEST
    assert HIGHEST / 2 < float(many.max()) <= HIGHEST
    assert float(many.median()) == pytest.approx(np.sqrt(LOWEST * HIGHEST), rel=0.2)
    assert sigmas.shape == (10, 1)


def test_energies_are_lower_where_training_was(tmp_path: Path) -> None:
    torch.manual_seed(0)
    values = np.random.default_rng(0).normal(0, 0.1, (200, 2)).astype(np.float32)
    config = AttributesConfig(energy_epochs=2, energy_rate=3e-3, energy_batch=64)
    network = EnergyNetwork(2, 32)
    train(network, [energy_phase("velocity", network, values, config)], FitContext(tmp_path))
    sigmas = torch.full((2, 1), 0.5)
    near, far = network(torch.tensor([[0.0, 0.0], [2.0, 2.0]]), sigmas)[:, 0].tolist()
    assert far > near + 1
