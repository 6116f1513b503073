from __future__ import annotations

import numpy as np
import torch

from awry.methods.attributes.network import EnergyNetwork, asked_scales


def test_an_energy_is_one_number_and_depends_on_the_scale() -> None:
    network = EnergyNetwork(3, 8)
    values = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    low, high = (network(values, torch.full((5, 1), sigma)) for sigma in (0.001, 1.0))
    assert low.shape == (5, 1)
    assert not torch.allclose(low, high)


def test_scales_are_spread_by_their_logarithms() -> None:
    np.testing.assert_allclose(asked_scales(4), [1e-3, 1e-2, 1e-1, 1.0], rtol=1e-5)
