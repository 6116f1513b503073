"""SSMTL's training (section 3.3): samples of the four proxy tasks, the joint loss, validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from awry.devices import PROCESSOR, Compute
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import Network
from awry.methods.ssmtl.samples import Pool
from awry.methods.ssmtl.sequences import intermittent, regular, to_input
from awry.training.loop import Phase, Step
from awry.training.schedule import constant, cosine

Motion = dict[str, tuple[Tensor, Tensor]]
VALIDATED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """What is drawn for one middle frame.

    Attributes:
        number: of the middle frame in its pool.
        offsets: int64 (2 * (2t + 1),), the frames of its regular sequence, then of the other.
        mirrored: whether both are shown in a mirror.
    """

    number: int
    offsets: NDArray[np.int64]
    mirrored: bool


@dataclass(frozen=True, slots=True)
class SequenceBatch:
    """The samples of some objects, or of some whole frames; on one device.

    Attributes:
        regular: (n, c, 2t + 1, side, side) in [0, 1], consecutive frames.
        intermittent: the same with frames skipped.
        targets: (n, outputs), what the teachers say of the middle frame.
    """

    regular: Tensor
    intermittent: Tensor
    targets: Tensor


def drawn(
    pool: Pool, chosen: Sequence[int], config: SSMTLConfig, generator: np.random.Generator
) -> list[Sample]:
    """All that is random about the samples of some middle frames; no picture is read."""
    samples = []
    for number in chosen:
        before, after = (frames // config.stride for frames in pool.room(number))
        offsets = intermittent(config.t, config.steps_between, before, after, generator)
        every = np.concatenate([regular(config.t), offsets]) * config.stride
        samples.append(Sample(number, every, config.flip and generator.random() < 0.5))
    return samples


def read(pool: Pool, samples: Sequence[Sample], compute: Compute = PROCESSOR) -> SequenceBatch:
    """Cut some samples; one cut serves all tasks."""
    consecutive, skipped = [], []
    for one in samples:
        pictures = pool.take(one.number, one.offsets)
        if one.mirrored:
            pictures = pictures[:, :, ::-1]
        first, second = np.split(pictures, 2)
        consecutive.append(first)
        skipped.append(second)
    numbers = np.array([one.number for one in samples])
    return SequenceBatch(
        to_input(np.stack(consecutive), compute),
        to_input(np.stack(skipped), compute),
        compute.put(pool.targets[numbers]),
    )


def losses(
    network: Network, batch: SequenceBatch, weight: float, motion: Motion | None = None
) -> dict[str, Tensor]:
    """The losses of the proxy tasks by their names, and `total`, their weighted sum.

    Args:
        network: its heads say which tasks there are.
        batch: the samples.
        weight: lambda of SSMTL eq. 5.
        motion: of `motion_answers`, where it is known already.
    """
    motion = motion_answers(network, batch) if motion is None else motion
    # SSMTL eq. 1 (arrow of time), SSMTL eq. 2 (motion irregularity)
    parts = {task: F.cross_entropy(*answer) for task, answer in motion.items()}
    forward, middle = batch.regular, batch.regular.shape[2] // 2
    # Sums over pixels and outputs lose in 16 bits what a single one adds: in full.
    if "middle_box" in network.tasks:
        guess = network.predicted_middle(forward).float()
        parts["middle_box"] = (guess - forward[:, :, middle]).abs().mean()  # SSMTL eq. 3
    if "distillation" in network.tasks:
        # SSMTL eq. 4
        parts["distillation"] = (network.student(forward).float() - batch.targets).abs().mean()
    # SSMTL eq. 5
    total = sum(loss * (weight if task == "distillation" else 1) for task, loss in parts.items())
    assert isinstance(total, Tensor)
    return {"total": total, **parts}


def motion_answers(network: Network, batch: SequenceBatch) -> Motion:
    """For each motion task the logits float32 (2n, 2) and the true classes (2n,), 0 for normal.

    Forward against backward, consecutive against intermittent; one pass of the trunk.
    """
    others = {"arrow_of_time": batch.regular.flip(2), "motion_irregularity": batch.intermittent}
    others = {task: other for task, other in others.items() if task in network.tasks}
    if not others:
        return {}
    count = len(batch.regular)
    sequences = torch.cat([batch.regular, *others.values()])
    pieces = network.features(sequences, "sequence").split(count)
    classes = torch.arange(2, device=sequences.device).repeat_interleave(count)
    # In full: the logarithm of a probability near 1 is lost in 16 bits.
    return {
        task: (network.answer(task, torch.cat([pieces[0], pieces[place]])).float(), classes)
        for place, task in enumerate(others, 1)
    }


@torch.inference_mode()
def validate(
    network: Network,
    pool: Pool,
    config: SSMTLConfig,
    weight: float,
    compute: Compute = PROCESSOR,
) -> dict[str, float]:
    """Losses, and the accuracies of the two motion tasks as in Table 4, on held-back footage.

    The mean absolute errors of Table 4 are the losses of the other two. The same objects and the
    same random gaps each time.
    """
    network.eval()
    count = min(len(pool), config.validation_objects or len(pool))
    chosen = np.linspace(0, len(pool) - 1, count).astype(int)
    sums: dict[str, float] = {}
    for first in range(0, count, VALIDATED_AT_ONCE):
        some = chosen[first : first + VALIDATED_AT_ONCE]
        samples = drawn(pool, some.tolist(), config, np.random.default_rng([1, first]))
        batch = read(pool, samples, compute)
        motion = motion_answers(network, batch)
        parts = losses(network, batch, weight, motion)
        for task, (logits, classes) in motion.items():
            parts[f"{task}_accuracy"] = (logits.argmax(1) == classes).float().mean()
        figures = compute.fetch(torch.stack(list(parts.values()))).tolist()
        for name, value in zip(parts, figures, strict=True):
            sums[name] = sums.get(name, 0.0) + value * len(some)
    return {name: value / count for name, value in sums.items()}


def phase(
    level: str,
    network: Network,
    training: Pool,
    validation: Pool,
    config: SSMTLConfig,
    seed: int,
    compute: Compute = PROCESSOR,
) -> Phase:
    """One stream's training; the epoch with the lowest validation loss is what stays.

    Without `steps` an epoch is one pass in random order; with them, each step draws anew.
    """
    weight = config.distillation
    epochs, steps, batch = config.schedule(level)
    size = min(batch, len(training))
    whole_pass = steps is None
    steps = steps or max(1, len(training) // size)

    def loss(step: Step) -> dict[str, Tensor]:
        network.train()
        if whole_pass:  # the order follows from seed and epoch alone, also after a resume
            order = np.random.default_rng([seed, step.epoch]).permutation(len(training))
            chosen = order[step.number * size : (step.number + 1) * size].tolist()
        else:
            chosen = step.generator.choice(len(training), size, replace=False).tolist()
        samples = drawn(training, chosen, config, step.generator)
        return losses(network, read(training, step.mine(samples), compute), weight)

    return Phase(
        name=level,
        parameters=list(network.parameters()),
        epochs=epochs,
        steps=steps,
        loss=loss,
        optimizer=lambda parameters: torch.optim.Adam(parameters, config.learning_rate),
        rate=constant() if config.decay == "none" else cosine(epochs, steps),
        validate=(lambda: validate(network, validation, config, weight, compute))
        if validation
        else None,
        average=config.average_of(level),
        best="total" if validation else None,
    )
