"""The training loop: phases of steps, with a checkpoint that makes a fit resumable.

Every random choice of a step is drawn from `generator(seed, phase, epoch, step)` alone, so that
a resumed fit sees exactly what an uninterrupted one would have seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from awry.devices import Compute, using
from awry.interrupts import interrupt_flag
from awry.training.checkpoint import (
    BestWeights,
    Progress,
    WeightAverage,
    load,
    restore_optimizer,
    save,
)
from awry.training.compiled import compiled
from awry.training.context import FitContext
from awry.training.optimisation import Optimisation
from awry.training.phase import Phase, Step, generator

__all__ = ["FitContext", "Interrupted", "Phase", "Step", "generator", "placed", "train"]

CHECKPOINT = "checkpoint.safetensors"
SECONDS_BETWEEN_CHECKPOINTS = 60.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed during a fit; the checkpoint is written."""


def train(model: nn.Module, phases: Sequence[Phase], context: FitContext) -> None:
    """Run the phases one after the other, with checkpoints.

    Raises:
        TrainingError: a loss became NaN or infinite (says in which phase, epoch and step), there
            is no compiler, or another of several processes ended.
        OutOfMemoryError: the memory does not suffice for a step, nor for shares of it.
        Interrupted: Ctrl-C; the state is saved and `resume` goes on from it.
    """
    progress = Progress()
    checkpoint = context.folder / CHECKPOINT
    context.folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, dict[str, Tensor]] = {}
    with (
        context.team.training(),
        interrupt_flag() as interrupted,
        placed(model, context.compute),
        using(context.compute),
    ):
        if context.resume and checkpoint.is_file():
            progress, kept = load(checkpoint, model)
            context.history[:] = progress.history
        for number in range(progress.phase, len(phases)):
            context.team.alike(model)
            weights = _Weights.of(model, phases[number], kept, leads=context.team.leads)
            state = kept.get("optimizer", {})
            _run_phase(model, phases, number, progress, state, weights, context, interrupted)
            weights.take_over()
            context.team.alike(model)
            kept = {}
            progress.next_phase()
            _save(context, model, None, progress)
            if context.team.agreed(bool(interrupted)):
                name = phases[number].name
                raise Interrupted(f"stopped at the end of {name}; the state is in {checkpoint}")


@dataclass(frozen=True, slots=True)
class _Weights:
    """The weights of a phase that take the place of the last ones."""

    average: WeightAverage
    best: BestWeights

    @classmethod
    def of(
        cls, model: nn.Module, phase: Phase, kept: dict[str, dict[str, Tensor]], *, leads: bool
    ) -> _Weights:
        """Those of the leading process; it gives the others what it is left with."""
        decay = phase.average if leads else 0.0
        return cls(
            WeightAverage(model, decay, kept.get("average", {})),
            BestWeights(model, kept.get("best", {}) if leads else {}),
        )

    def take_over(self) -> None:
        self.average.take_over()
        self.best.take_over()


def _save(
    context: FitContext,
    model: nn.Module,
    optimisation: Optimisation | None,
    progress: Progress,
    weights: _Weights | None = None,
) -> None:
    """Write a checkpoint, in the process that leads."""
    if context.team.leads:
        optimizer = None if optimisation is None else optimisation.optimizer
        kept = () if weights is None else (weights.average, weights.best)
        save(context.folder / CHECKPOINT, model, optimizer, progress, *kept)


def _run_phase(
    model: nn.Module,
    phases: Sequence[Phase],
    number: int,
    progress: Progress,
    optimizer_state: dict[str, Tensor],
    weights: _Weights,
    context: FitContext,
    interrupted: Sequence[bool],
) -> None:
    phase, team = phases[number], context.team
    phase.prepare()
    optimisation = Optimisation(phase, number, model, progress, context)
    if optimizer_state:
        restore_optimizer(optimisation.optimizer, optimizer_state)
    done = progress.epoch * phase.steps + progress.step
    context.reporter.start(phase.name, phase.epochs * phase.steps, done)
    saved = time.monotonic()
    with compiled(model, optimisation.probe) if context.compile else nullcontext():
        while progress.epoch < phase.epochs:
            started = time.monotonic()
            for step in range(progress.step, phase.steps):
                losses = optimisation.step(progress.epoch, step)
                weights.average.update()
                for name, value in losses.items():
                    progress.sums[name] = progress.sums.get(name, 0.0) + value
                progress.step = step + 1
                context.reporter.advance(losses)
                stop = team.agreed(bool(interrupted))
                if stop or time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                    _save(context, model, optimisation, progress, weights)
                    saved = time.monotonic()
                if stop:
                    raise Interrupted(
                        f"stopped in {phase.name}; the state is in {context.folder / CHECKPOINT}"
                    )
            progress.seconds += time.monotonic() - started
            with weights.average.shown():
                converged = _end_of_epoch(phase, progress, weights.best, context)
            if converged:
                break


@contextmanager
def placed(model: nn.Module, compute: Compute) -> Iterator[None]:
    """A model's own parameters are on the device for a while, and then on the processor again."""
    model.to(compute.device)
    try:
        yield
    finally:
        model.to("cpu")


def _end_of_epoch(phase: Phase, progress: Progress, best: BestWeights, context: FitContext) -> bool:
    """Validate and record; whether the phase has converged."""
    entry: dict[str, Any] = {name: total / phase.steps for name, total in progress.sums.items()}
    entry |= context.team.told(lambda: _validated(phase))
    if phase.best is not None:
        loss = entry[f"validation_{phase.best}"]
        if progress.lowest is None or loss < progress.lowest:
            progress.lowest = loss
            if context.team.leads:
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


def _validated(phase: Phase) -> dict[str, float]:
    """The epoch's validation losses, by the names that the history has for them."""
    found = {} if phase.validate is None else phase.validate()
    return {f"validation_{name}": float(value) for name, value in found.items()}
