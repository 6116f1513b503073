"""The training loop: phases of steps, with a checkpoint that makes a fit resumable.

Every random choice of a step is drawn from `generator(seed, phase, epoch, step)` alone, so that
a resumed fit sees exactly what an uninterrupted one would have seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from awry.errors import TrainingError
from awry.interrupts import interrupt_flag
from awry.progress import Reporter, Silent
from awry.training.checkpoint import (
    BestWeights,
    Progress,
    WeightAverage,
    load,
    restore_optimizer,
    save,
)

CHECKPOINT = "checkpoint.safetensors"
SECONDS_BETWEEN_CHECKPOINTS = 60.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed during a fit; the checkpoint is written."""


@dataclass(slots=True)
class FitContext:
    """What a fit needs besides footage.

    Attributes:
        folder: for the checkpoint; made if absent.
        seed: every random choice follows from it.
        resume: go on from the checkpoint in `folder` where there is one.
        reporter: shows progress.
        history: filled with one entry per epoch: phase, epoch, losses, seconds.
    """

    folder: Path
    seed: int = 0
    resume: bool = False
    reporter: Reporter = field(default_factory=Silent)
    history: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Phase:
    """One stretch of training with its own parameters, losses and learning rate.

    Attributes:
        name: unique within the fit.
        parameters: what the optimiser moves.
        epochs, steps: `steps` optimiser steps in each of `epochs` epochs.
        loss: `(epoch, step, generator) -> named losses`; `total` is minimised.
        optimizer: makes the optimiser from the parameters.
        rate: factor on the learning rate at a given progress: `(epoch, step) -> factor`.
        validate: named validation losses after each epoch.
        converged: ends the phase early where it says so of the validation history.
        prepare: called once before the phase's first step, also after a resume.
        average: decay of an exponential moving average of the weights (and of the running
            statistics), which takes their place in validation and at the phase's end; 0: none.
        best: name of a validation loss; the weights of the epoch in which it was lowest are what
            the phase leaves. None: the last ones.
    """

    name: str
    parameters: Sequence[nn.Parameter]
    epochs: int
    steps: int
    loss: Callable[[int, int, np.random.Generator], dict[str, Tensor]]
    optimizer: Callable[[Sequence[nn.Parameter]], torch.optim.Optimizer]
    rate: Callable[[int, int], float] = lambda epoch, step: 1.0
    validate: Callable[[], dict[str, float]] | None = None
    converged: Callable[[list[dict[str, float]]], bool] | None = None
    prepare: Callable[[], None] = lambda: None
    average: float = 0.0
    best: str | None = None


def generator(seed: int, phase: int, epoch: int, step: int) -> np.random.Generator:
    """The source of every random choice of one step."""
    return np.random.default_rng([seed, phase, epoch, step])


def train(model: nn.Module, phases: Sequence[Phase], context: FitContext) -> None:
    """Run the phases one after the other, with checkpoints.

    Raises:
        TrainingError: a loss became NaN or infinite; says in which phase, epoch and step.
        Interrupted: Ctrl-C; the state is saved and `resume` goes on from it.
    """
    progress = Progress()
    checkpoint = context.folder / CHECKPOINT
    context.folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, dict[str, Tensor]] = {}
    if context.resume and checkpoint.is_file():
        progress, kept = load(checkpoint, model)
        context.history[:] = progress.history
    with interrupt_flag() as interrupted:
        for number in range(progress.phase, len(phases)):
            average = WeightAverage(model, phases[number].average, kept.get("average", {}))
            best = BestWeights(model, kept.get("best", {}))
            state = kept.get("optimizer", {})
            _run_phase(
                model, phases, number, progress, state, (average, best), context, interrupted
            )
            average.take_over()
            best.take_over()
            kept = {}
            progress.next_phase()
            save(checkpoint, model, None, progress)
            if interrupted:
                name = phases[number].name
                raise Interrupted(f"stopped at the end of {name}; the state is in {checkpoint}")


def _run_phase(
    model: nn.Module,
    phases: Sequence[Phase],
    number: int,
    progress: Progress,
    optimizer_state: dict[str, Tensor],
    weights: tuple[WeightAverage, BestWeights],
    context: FitContext,
    interrupted: Sequence[bool],
) -> None:
    phase = phases[number]
    average, best = weights
    phase.prepare()
    optimizer = phase.optimizer(phase.parameters)
    base_rates = [group["lr"] for group in optimizer.param_groups]
    if optimizer_state:
        restore_optimizer(optimizer, optimizer_state)
    checkpoint = context.folder / CHECKPOINT
    done = progress.epoch * phase.steps + progress.step
    context.reporter.start(phase.name, phase.epochs * phase.steps, done)
    saved = time.monotonic()
    while progress.epoch < phase.epochs:
        started = time.monotonic()
        for step in range(progress.step, phase.steps):
            for group, rate in zip(optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate * phase.rate(progress.epoch, step)
            losses = _step(phase, optimizer, number, progress.epoch, step, context.seed)
            average.update()
            for name, value in losses.items():
                progress.sums[name] = progress.sums.get(name, 0.0) + value
            progress.step = step + 1
            context.reporter.advance(losses)
            if interrupted or time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                save(checkpoint, model, optimizer, progress, average, best)
                saved = time.monotonic()
            if interrupted:
                raise Interrupted(f"stopped in {phase.name}; the state is in {checkpoint}")
        progress.seconds += time.monotonic() - started
        with average.shown():
            ended = _end_of_epoch(phase, progress, best, context)
        if ended:
            break


def _step(
    phase: Phase, optimizer: torch.optim.Optimizer, number: int, epoch: int, step: int, seed: int
) -> dict[str, float]:
    losses = phase.loss(epoch, step, generator(seed, number, epoch, step))
    values = {name: float(value.detach()) for name, value in losses.items()}
    if not all(math.isfinite(value) for value in values.values()):
        raise TrainingError(
            f"A loss became {values} in phase {phase.name}, epoch {epoch + 1}, step {step + 1}. "
            "Lower the learning rate (--set learning_rate=...) or look for broken frames; "
            "--resume goes on from the last checkpoint."
        )
    optimizer.zero_grad(set_to_none=True)
    losses["total"].backward()
    optimizer.step()
    return values


def _end_of_epoch(phase: Phase, progress: Progress, best: BestWeights, context: FitContext) -> bool:
    entry: dict[str, Any] = {name: total / phase.steps for name, total in progress.sums.items()}
    if phase.validate is not None:
        entry |= {f"validation_{name}": value for name, value in phase.validate().items()}
    if phase.best is not None:
        loss = entry[f"validation_{phase.best}"]
        if progress.lowest is None or loss < progress.lowest:
            progress.lowest = loss
            best.keep()
    losses = ", ".join(f"{name} {value:.4g}" for name, value in entry.items())
    entry = {"phase": phase.name, "epoch": progress.epoch + 1, **entry}
    entry["seconds"] = round(progress.seconds, 1)
    progress.history.append(entry)
    context.history[:] = progress.history
    context.reporter.message(f"{phase.name} epoch {progress.epoch + 1}/{phase.epochs}: {losses}")
    progress.epoch, progress.step, progress.sums, progress.seconds = progress.epoch + 1, 0, {}, 0.0
    mine = [past for past in progress.history if past["phase"] == phase.name]
    return phase.converged is not None and phase.converged(mine)
