"""DAML's losses: what eq. 1 sums up, the reconstruction losses of Table 4, and cross-entropy.

All of them are summed over pixels (or latent elements) and averaged over the batch, as eq. 1 is
written; divided by the number of elements the weights of the paper would mean something else.

They are calculated in full whatever the networks calculate in: sums over a picture and small
differences of neighbours are more than 16 bits hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from awry.devices import in_full


def squared_error(guess: Tensor, truth: Tensor) -> Tensor:
    """Squared error summed over all but the first axis, averaged over it.

    Args:
        guess, truth: (n, ...), same shape.
    """
    return (guess.float() - truth.float()).square().flatten(1).sum(1).mean()


def gradient_difference(guess: Tensor, truth: Tensor) -> Tensor:
    """Gradient difference loss (Mathieu et al. 2015, eq. 6 there, alpha 1), of (n, c, H, W)."""
    total = guess.new_zeros(())
    for axis in (-1, -2):
        difference = guess.diff(dim=axis).abs() - truth.diff(dim=axis).abs()
        total = total + difference.abs().flatten(1).sum(1).mean()
    return total


def structural_dissimilarity(guess: Tensor, truth: Tensor) -> Tensor:
    """(1 - SSIM) / 2 per pixel, 11x11 Gaussian window of sigma 1.5, dynamic range 1.

    Args:
        guess, truth: (n, c, H, W); the training mean must have been added back.
    """
    kernel = _gaussian_window(guess)
    channels = guess.shape[1]

    def blur(picture: Tensor) -> Tensor:
        padded = F.pad(picture, (5, 5, 5, 5), mode="replicate")
        return F.conv2d(padded, kernel, groups=channels)

    mean_guess, mean_truth = blur(guess), blur(truth)
    variance = blur(guess * guess) - mean_guess**2 + blur(truth * truth) - mean_truth**2
    covariance = blur(guess * truth) - mean_guess * mean_truth
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mean_guess * mean_truth + c1) * (2 * covariance + c2)
    similarity = similarity / ((mean_guess**2 + mean_truth**2 + c1) * (variance + c2))
    return ((1 - similarity) / 2).flatten(1).sum(1).mean()


def cross_entropy(guess: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy per pixel: the published code's on moving digits.

    Args:
        guess, truth: (n, c, H, W) in [0, 1].
    """
    return F.binary_cross_entropy(guess, truth, reduction="none").flatten(1).sum(1).mean()


def _gaussian_window(like: Tensor) -> Tensor:
    position = torch.arange(11, dtype=like.dtype, device=like.device) - 5
    line = torch.exp(-(position**2) / (2 * 1.5**2))
    line = line / line.sum()
    return (line[:, None] * line).expand(like.shape[1], 1, 11, 11).contiguous()


RECONSTRUCTION_LOSSES = {
    "mse": squared_error,
    "gdl": gradient_difference,
    "ssim": structural_dissimilarity,
    "bce": cross_entropy,
}


def reconstruction_loss(names: Sequence[str], guess: Tensor, truth: Tensor, mean: Tensor) -> Tensor:
    """The sum of the named losses.

    Args:
        names: any of `mse`, `gdl`, `ssim`, `bce`.
        guess, truth: (n, c, H, W), training mean subtracted.
        mean: (n or 1, c, H, W), added back before the pixel errors.
    """
    guess, truth = guess.float(), truth.float()
    with in_full(guess):
        losses = [RECONSTRUCTION_LOSSES[name](guess + mean, truth + mean) for name in names]
    return torch.stack(losses).sum()
