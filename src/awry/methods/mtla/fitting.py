"""MTLA's training (section 4.3): the patch loss, both branches' phases, validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from awry.methods.mtla.config import Branch, MTLAConfig
from awry.methods.mtla.model import AppearanceBranch, MotionBranch, MTLAModel, seed_of
from awry.methods.mtla.samples import Batch, Samples
from awry.training.loop import Phase

VALIDATED_AT_ONCE = 8


def patch_loss(guess: Tensor, target: Tensor, patches: int) -> Tensor:
    """Eq. 6: each frame's largest mean squared error of a patch, averaged over frames.

    Patches are `patches` x `patches`; where a side is not divisible they overlap by a pixel.

    Args:
        guess, target: (n, c, h, w).
        patches: each way; 1 is the plain mean squared error.
    """
    errors = (guess - target).square().mean(1, keepdim=True)
    return F.adaptive_avg_pool2d(errors, patches).flatten(1).amax(1).mean()


def expected(model: MTLAModel, branch: str, batch: Batch, config: MTLAConfig) -> Tensor:
    """What a branch's student says, (n, channels, h, w)."""
    network = model.branches[branch]
    if isinstance(network, MotionBranch):
        return network(batch.pictures[:, -1], batch.context)[:, None]
    chosen = batch.pictures[:, -1:] if config.appearance == "current" else batch.pictures[:, :-1]
    found: Tensor = network(chosen.flatten(1, 2))
    return found


def taught(model: MTLAModel, branch: str, batch: Batch) -> Tensor:
    """What a branch's teacher says, (n, channels, h, w)."""
    network = model.branches[branch]
    if isinstance(network, AppearanceBranch) and not network.gives_classes:
        return batch.pictures[:, -1]
    found = batch.classes if branch == "appearance" else batch.magnitude
    assert found is not None
    return found if branch == "appearance" else found[:, None]


def loss_of(model: MTLAModel, branch: str, batch: Batch, config: MTLAConfig) -> Tensor:
    """A branch's loss on some samples."""
    patches = config.patches if config.loss == "patch" else 1
    return patch_loss(expected(model, branch, batch, config), taught(model, branch, batch), patches)


def differences(model: MTLAModel, branch: str, guess: Tensor, target: Tensor) -> Tensor:
    """|student - teacher| for each pixel (eq. 4), (n, h, w).

    Over class probabilities half the sum, so that 1 is a wholly wrong class; over colours their
    mean; of the magnitude as it is, in pixels a frame.
    """
    apart, network = (guess - target).abs(), model.branches[branch]
    if isinstance(network, AppearanceBranch) and network.gives_classes:
        return apart.sum(1) / 2
    return apart.mean(1)


def apart_in(model: MTLAModel, branch: str, batch: Batch, config: MTLAConfig) -> Tensor:
    """A branch's error maps for some samples, (n, h, w)."""
    guess = expected(model, branch, batch, config)
    return differences(model, branch, guess, taught(model, branch, batch))


def phases(
    model: MTLAModel, training: Samples, validation: Samples | None, config: MTLAConfig, seed: int
) -> list[Phase]:
    """One phase a branch; the epoch with the lowest validation loss is what stays."""
    return [_phase(model, branch, training, validation, config, seed) for branch in config.branches]


def _phase(
    model: MTLAModel,
    branch: Branch,
    training: Samples,
    validation: Samples | None,
    config: MTLAConfig,
    seed: int,
) -> Phase:
    size = min(config.batch, len(training))
    steps = config.steps or max(1, len(training) // size)

    def loss(epoch: int, step: int, _: np.random.Generator) -> dict[str, Tensor]:
        model.train()
        # By the branch's own seed, epoch and step: the same after a resume, and whichever branch
        # stands beside it.
        own = seed_of(seed, branch)
        generator = np.random.default_rng([own, epoch, step])
        if config.steps is None:
            order = np.random.default_rng([own, epoch]).permutation(len(training))
            chosen = order[step * size : (step + 1) * size].tolist()
        else:
            chosen = generator.choice(len(training), size, replace=False).tolist()
        mirrored = generator.random(len(chosen)) < 0.5 if config.flip else [False] * len(chosen)
        batch = training.batch(chosen, list(mirrored))
        return {"total": loss_of(model, branch, batch, config)}

    validate = None
    if validation is not None and len(validation):
        held_back = validation

        def validate() -> dict[str, float]:
            return validated(model, branch, held_back, config)

    return Phase(
        name=branch,
        parameters=list(model.branches[branch].parameters()),
        epochs=config.epochs,
        steps=steps,
        loss=loss,
        optimizer=lambda parameters: torch.optim.Adam(parameters, config.learning_rate),
        rate=_rate(config, steps),
        validate=validate,
        average=config.average,
        best="total" if validate is not None else None,
    )


def _rate(config: MTLAConfig, steps: int) -> Callable[[int, int], float]:
    total = config.epochs * steps
    rates: dict[str, Callable[[int, int], float]] = {
        "none": lambda epoch, step: 1.0,
        "halve": lambda epoch, step: 0.5 ** (epoch // config.halve_every),
        "cosine": lambda epoch, step: (
            0.5 + 0.5 * math.cos(math.pi * (epoch * steps + step) / total)
        ),
    }
    return rates[config.decay]


@torch.inference_mode()
def validated(
    model: MTLAModel, branch: str, samples: Samples, config: MTLAConfig
) -> dict[str, float]:
    """The loss and the mean error on held-back normal footage; the same frames each time.

    `error` is the mean of `differences` where the teacher sees objects, or of all pixels where it
    sees none.
    """
    model.eval()
    count = min(len(samples), config.validation_frames)
    chosen = np.linspace(0, len(samples) - 1, count).astype(int)
    losses, total, weight = 0.0, 0.0, 0.0
    for first in range(0, count, VALIDATED_AT_ONCE):
        some: Sequence[int] = chosen[first : first + VALIDATED_AT_ONCE].tolist()
        batch = samples.batch(some)
        losses += float(loss_of(model, branch, batch, config)) * len(some)
        apart = apart_in(model, branch, batch, config)
        where = torch.ones_like(apart) if batch.classes is None else 1 - batch.classes[:, 0]
        total += float((apart * where).sum())
        weight += float(where.sum())
    return {"total": losses / count, "error": total / max(weight, 1e-9)}
