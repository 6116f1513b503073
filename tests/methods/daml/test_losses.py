"""Losses are summed over elements and averaged over the batch, as eq. 1 is written."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from awry.methods.daml.losses import (
    RECONSTRUCTION_LOSSES,
    gradient_difference,
    reconstruction_loss,
    squared_error,
    structural_dissimilarity,
)


def pictures(seed: int, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_squared_error_sums_over_elements_and_averages_over_the_batch() -> None:
    guess = torch.zeros(2, 3, 4, 5)
    truth = torch.stack([torch.full((3, 4, 5), 1.0), torch.full((3, 4, 5), 3.0)])
    assert squared_error(guess, truth).item() == 60 * (1 + 9) / 2


def test_cross_entropy_by_hand() -> None:
    guess = torch.tensor([[0.5, 0.25]])[None, None]
    truth = torch.tensor([[1.0, 0.5]])[None, None]
    expected = np.log(2) - 0.5 * np.log(0.25) - 0.5 * np.log(0.75)
    assert RECONSTRUCTION_LOSSES["bce"](guess, truth).item() == pytest.approx(expected)


def test_gradient_difference_by_hand() -> None:
    guess = torch.tensor([[1.0, 4.0], [2.0, 2.0]])[None, None]
    truth = torch.tensor([[0.0, 1.0], [5.0, 5.0]])[None, None]
    # To the right: |3| against |1|, |0| against |0|. Downwards: |1| against |5|, |2| against |4|.
    assert gradient_difference(guess, truth).item() == 2 + 0 + 4 + 2
    twice = gradient_difference(guess.repeat(2, 3, 1, 1), truth.repeat(2, 3, 1, 1))
    assert twice.item() == 3 * 8


def test_gradient_difference_ignores_signs_and_offsets() -> None:
    guess = pictures(0, 1, 1, 6, 7)
    torch.testing.assert_close(gradient_difference(guess, 5 - guess), torch.tensor(0.0))


def test_structural_dissimilarity_against_scipy() -> None:
    guess, truth = pictures(1, 2, 3, 17, 19), pictures(2, 2, 3, 17, 19)

    def blur(values: np.ndarray) -> np.ndarray:
        # sigma 1.5, truncated to 11 x 11
        return gaussian_filter(values, (0, 0, 1.5, 1.5), mode="nearest", radius=5)

    x, y = guess.double().numpy(), truth.double().numpy()
    mean_x, mean_y = blur(x), blur(y)
    variance_x, variance_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
    structure = (2 * covariance + 9e-4) / (variance_x + variance_y + 9e-4)
    expected = ((1 - luminance * structure) / 2).sum((1, 2, 3)).mean()
    assert structural_dissimilarity(guess, truth).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", RECONSTRUCTION_LOSSES)
def test_equal_pictures_lose_nothing(name: str) -> None:
    same = pictures(3, 2, 1, 16, 16)
    loss = RECONSTRUCTION_LOSSES[name]
    least = 0.0
    if name == "bce":  # the entropy of the pictures themselves
        p = same.double()
        least = float(-(p * p.log() + (1 - p) * (1 - p).log()).flatten(1).sum(1).mean())
    assert loss(same, same).item() == pytest.approx(least, rel=1e-5, abs=1e-4)
    assert loss(same, pictures(4, 2, 1, 16, 16)).item() > least + 1


@pytest.mark.parametrize("name", RECONSTRUCTION_LOSSES)
def test_a_batch_is_averaged(name: str) -> None:
    guess, truth = pictures(5, 2, 1, 16, 16), pictures(6, 2, 1, 16, 16)
    loss = RECONSTRUCTION_LOSSES[name]
    halves = [loss(guess[i : i + 1], truth[i : i + 1]) for i in range(2)]
    torch.testing.assert_close(loss(guess, truth), torch.stack(halves).mean())


def test_the_named_losses_add_up_with_the_mean_added_back() -> None:
    guess, truth, mean = (pictures(seed, 2, 1, 16, 16) for seed in (7, 8, 9))
    expected = squared_error(guess, truth) + structural_dissimilarity(guess + mean, truth + mean)
    torch.testing.assert_close(reconstruction_loss(("mse", "ssim"), guess, truth, mean), expected)
    without = squared_error(guess, truth) + structural_dissimilarity(guess, truth)
    assert abs(float(expected - without)) > 0.1
