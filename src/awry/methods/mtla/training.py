"""MTLA's training (section 4.3): the patch loss, both branches' phases, validation."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.methods.graphs import Network
from awry.methods.mtla.config import Branch, MTLAConfig
from awry.methods.mtla.network import AppearanceBranch, MTLAModel, seed_of
from awry.methods.mtla.samples import SampleBatch, Samples, in_unit
from awry.methods.mtla.unet import averaged_to
from awry.training.loop import Phase, Step
from awry.training.schedule import Schedule, constant, cosine, stepped

VALIDATED_AT_ONCE = 8


def patch_loss(guess: Tensor, target: Tensor, patches: int) -> Tensor:
    """MTLA eq. 6: each frame's largest mean squared error of a patch, averaged over frames.

    Patches are `patches` x `patches`; where a side is not divisible they overlap by a pixel.

    Args:
        guess, target: (n, c, h, w).
        patches: each way; 1 is the plain mean squared error.
    """
    errors = (guess - target).square().mean(1, keepdim=True)
    return averaged_to(errors, (patches, patches)).flatten(1).amax(1).mean()


def student_inputs(
    branch: str, batch: SampleBatch, config: MTLAConfig, compute: Compute = PROCESSOR
) -> tuple[Tensor, ...]:
    """What a branch's student takes in, put where `compute` says."""
    if branch == "motion":
        context = (compute.put(batch.context),) if config.attended else ()
        return (in_unit(compute.put(batch.pictures[:, -1])), *context)
    chosen = batch.pictures[:, -1:] if config.appearance == "current" else batch.pictures[:, :-1]
    return (in_unit(compute.put(chosen.flatten(1, 2))),)


def student_output(
    model: MTLAModel,
    branch: str,
    batch: SampleBatch,
    config: MTLAConfig,
    compute: Compute = PROCESSOR,
) -> Tensor:
    """What a branch's student says, (n, channels, h, w); it is where `compute` says."""
    output: Tensor = model.branches[branch](*student_inputs(branch, batch, config, compute))
    return output


def teacher_output(
    model: MTLAModel, branch: str, batch: SampleBatch, compute: Compute = PROCESSOR
) -> Tensor:
    """What a branch's teacher says, (n, channels, h, w), put where `compute` says."""
    network = model.branches[branch]
    if isinstance(network, AppearanceBranch) and not network.gives_classes:
        return in_unit(compute.put(batch.pictures[:, -1]))
    output = batch.classes if branch == "appearance" else batch.magnitude
    assert output is not None
    return compute.put(output if branch == "appearance" else output[:, None])


def loss_of(
    model: MTLAModel,
    branch: str,
    batch: SampleBatch,
    config: MTLAConfig,
    compute: Compute = PROCESSOR,
) -> Tensor:
    """A branch's loss on some samples; the model is where `compute` says."""
    student = student_output(model, branch, batch, config, compute)
    return _loss(student, teacher_output(model, branch, batch, compute), config)


def _loss(guess: Tensor, target: Tensor, config: MTLAConfig) -> Tensor:
    # In full: squares of small errors, and means over patches.
    return patch_loss(guess.float(), target, config.patches if config.loss == "patch" else 1)


def differences(
    model: MTLAModel, branch: str, guess: Tensor, target: Tensor, *, slower: bool = True
) -> Tensor:
    """|student - teacher| for each pixel, whose sum is MTLA eq. 4; (n, h, w).

    Over class probabilities half the sum, so that 1 is a wholly wrong class; over colours their
    mean; of the magnitude as it is, in pixels a frame.

    Args:
        model, branch: as everywhere here.
        guess, target: what student and teacher say, (n, channels, h, w).
        slower: whether a place that moves less than the student expects is an error as well.
    """
    network = model.branches[branch]
    if branch == "motion" and not slower:
        return (target - guess).clamp(min=0).mean(1)
    apart = (guess - target).abs()
    if isinstance(network, AppearanceBranch) and network.gives_classes:
        return apart.sum(1) / 2
    return apart.mean(1)


def answers(
    model: MTLAModel,
    branch: str,
    batch: SampleBatch,
    config: MTLAConfig,
    network: Network | None = None,
    compute: Compute = PROCESSOR,
) -> tuple[Tensor, Tensor, Tensor]:
    """What a branch's student and its teacher say of some samples, and where they differ.

    Args:
        model, branch, batch, config: as everywhere here.
        network: answers in the place of the model's student; None: nobody does.
        compute: where the network is; nobody's place is on the processor.

    Returns:
        Student (n, channels, h, w), teacher likewise, and `differences`, (n, h, w); all on the
        processor.
    """
    inputs = student_inputs(branch, batch, config, compute)
    guess = model.branches[branch](*inputs) if network is None else network(*inputs)[0]
    target = teacher_output(model, branch, batch)
    return guess, target, differences(model, branch, guess, target, slower=config.slower)


def phases(
    model: MTLAModel,
    training: Samples,
    validation: Samples,
    config: MTLAConfig,
    seed: int,
    compute: Compute = PROCESSOR,
) -> list[Phase]:
    """One phase a branch; the epoch with the lowest validation loss is what stays.

    Args:
        model, config: as everywhere here.
        training, validation: what is learned from, and what is held back.
        seed: every random choice follows from it.
        compute: where the model is meanwhile.
    """
    return [
        _phase(model, branch, training, validation, config, seed, compute)
        for branch in config.branches
    ]


def _phase(
    model: MTLAModel,
    branch: Branch,
    training: Samples,
    validation: Samples,
    config: MTLAConfig,
    seed: int,
    compute: Compute,
) -> Phase:
    size = min(config.batch, len(training))
    steps = config.steps or max(1, len(training) // size)

    def loss(step: Step) -> dict[str, Tensor]:
        model.train()
        # By the branch's own seed, epoch and step: the same after a resume, and whichever branch
        # stands beside it.
        own = seed_of(seed, branch)
        generator = np.random.default_rng([own, step.epoch, step.number])
        if config.steps is None:
            order = np.random.default_rng([own, step.epoch]).permutation(len(training))
            chosen = order[step.number * size : (step.number + 1) * size].tolist()
        else:
            chosen = generator.choice(len(training), size, replace=False).tolist()
        mirrored = generator.random(len(chosen)) < 0.5 if config.flip else [False] * len(chosen)
        batch = training.batch(step.mine(chosen), step.mine(list(mirrored)))
        return {"total": loss_of(model, branch, batch, config, compute)}

    def held_back() -> dict[str, float]:
        return validated(model, branch, validation, config, compute)

    return Phase(
        name=branch,
        parameters=list(model.branches[branch].parameters()),
        epochs=config.epochs,
        steps=steps,
        loss=loss,
        optimizer=lambda parameters: torch.optim.Adam(parameters, config.learning_rate),
        rate=_schedule(config, steps),
        validate=held_back if validation else None,
        average=config.average,
        best="total" if validation else None,
    )


def _schedule(config: MTLAConfig, steps: int) -> Schedule:
    if config.decay == "halve":
        return stepped(0.5, config.halve_every)
    return cosine(config.epochs, steps) if config.decay == "cosine" else constant()


@torch.inference_mode()
def validated(
    model: MTLAModel,
    branch: str,
    samples: Samples,
    config: MTLAConfig,
    compute: Compute = PROCESSOR,
) -> dict[str, float]:
    """The loss and the mean error on held-back normal footage; the same frames each time.

    `error` is the mean of `differences` where the teacher sees objects, or of all pixels where it
    sees none.
    """
    model.eval()
    losses, total, weight = 0.0, 0.0, 0.0
    for first in range(0, len(samples), VALIDATED_AT_ONCE):
        some = range(first, min(first + VALIDATED_AT_ONCE, len(samples)))
        batch = samples.batch(some)
        guess = student_output(model, branch, batch, config, compute)
        target = teacher_output(model, branch, batch, compute)
        losses += float(_loss(guess, target, config)) * len(some)
        apart = differences(model, branch, guess, target, slower=config.slower)
        objects = None if batch.classes is None else 1 - compute.put(batch.classes[:, 0])
        where = torch.ones_like(apart) if objects is None else objects
        total += float((apart * where).sum())
        weight += float(where.sum())
    return {"total": losses / len(samples), "error": total / max(weight, 1e-9)}
