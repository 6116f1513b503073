from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from awry.errors import BundleError
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.density import (
    Density,
    Energies,
    Mixture,
    Neighbours,
    Scale,
    below,
    loaded,
)
from awry.methods.attributes.network import EnergyNetwork

CONFIG = AttributesConfig(energy_width=8, energy_scales=4, components=2)
ROWS = np.random.default_rng(0).normal(3, 2, (60, 3)).astype(np.float32)


def energies() -> Energies:
    torch.manual_seed(0)
    made = Energies(Scale.of(ROWS, 0.0), EnergyNetwork(3, 8).eval(), 4)
    made.mixture = Mixture.of(made.energies(ROWS), 2, 0.0, 0)
    return made


DENSITIES: Mapping[str, Density] = {
    "knn": Neighbours(ROWS, 1),
    "mixture": Mixture.of(ROWS, 2, 0.0, 0),
    "mulde": energies(),
}


@pytest.mark.parametrize("kind", DENSITIES)
def test_what_is_far_away_scores_higher(kind: str) -> None:
    density = DENSITIES[kind]
    usual, strange = density.scores(np.array([[3, 3, 3], [60, -40, 90]], np.float32))
    assert strange > usual
    assert density.scores(np.empty((0, 3), np.float32)).shape == (0,)


@pytest.mark.parametrize("kind", DENSITIES)
def test_a_density_comes_back_from_its_state(kind: str) -> None:
    density = DENSITIES[kind]
    tensors: dict[str, Tensor] = {f"deep.{name}": t for name, t in density.state().items()}
    again = loaded(kind, below("deep.", tensors), CONFIG)
    np.testing.assert_array_equal(again.scores(ROWS[:5]), density.scores(ROWS[:5]))
    tensors.popitem()
    with pytest.raises(BundleError, match=f"do not fit its density '{kind}'"):
        loaded(kind, below("deep.", tensors), CONFIG)


def test_neighbours_give_mean_squared_distances_without_an_objects_own() -> None:
    rows = np.array([[0.0, 0], [3, 4], [0, 1]], np.float32)
    asked = np.array([[0, 0]], np.float32)
    assert Neighbours(rows, 1).scores(asked).tolist() == [0.0]
    assert Neighbours(rows, 2).scores(asked) == pytest.approx([0.5])
    own = np.array([[True, False, False]])
    assert Neighbours(rows, 1).scores_without(asked, lambda part: own[part]) == pytest.approx([1.0])
    assert Neighbours(rows, 1).nearest(np.array([3, 3], np.float32), 2).tolist() == [1, 2]


def test_a_mixture_of_one_is_a_gaussian_of_standardised_vectors() -> None:
    mixture = Mixture.of(ROWS, 1, 0.0, 0)
    ready = (ROWS - ROWS.mean(0)) / ROWS.std(0)
    covariance = np.cov(ready.T, bias=True) + 1e-3 * np.eye(3)
    expected = -stats.multivariate_normal(ready.mean(0), covariance).logpdf(ready[:4])
    np.testing.assert_allclose(mixture.scores(ROWS[:4]), expected, rtol=1e-4)


def test_the_bayesian_criterion_chooses_the_number_of_components() -> None:
    apart = np.concatenate([ROWS, ROWS + 40, ROWS - 40])
    assert len(Mixture.of(apart, None, 0.0, 0).state()["weights"]) == 3


def test_a_floor_keeps_noise_small() -> None:
    still = np.random.default_rng(1).normal(0, 1e-6, (50, 2)).astype(np.float32)
    assert np.abs(Scale.of(still, 0.1)(still + 1e-5)).max() < 1e-3
    assert np.isfinite(Mixture.of(still * 0, 5, 0.0, 0).scores(still)).all()
