"""One step of training: losses, gradients, and what the optimiser makes of them."""

from __future__ import annotations

import gc
import math

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from awry.errors import OutOfMemoryError, TrainingError
from awry.memory import is_shortage, shortage
from awry.training.checkpoint import Progress
from awry.training.context import FitContext
from awry.training.phase import Phase, Step, generator

MOST_SHARES = 256
LEAST_SCALE = 2.0**-16
"""Of losses in 16 bits: below it gradients are not too large but no numbers at all."""


class Optimisation:
    """Moves a phase's parameters, step by step.

    In precision 16 the loss is scaled, so that small gradients do not become zero; a step whose
    gradients overflow is left out, and the next one is scaled less. Where the memory does not
    suffice for a whole step, its shares are calculated one after the other and their gradients
    added up, if that is equal.

    Args:
        phase: what is trained.
        number: the phase's, from 0.
        model: holds the parameters.
        progress: what is kept of all this in a checkpoint; its `scale`, `grown` and `shares` are
            taken up and kept up to date.
        context: of the fit.

    Attributes:
        optimizer: which moves the parameters.
    """

    def __init__(
        self,
        phase: Phase,
        number: int,
        model: nn.Module,
        progress: Progress,
        context: FitContext,
    ) -> None:
        self.optimizer = phase.optimizer(phase.parameters)
        self._rates = [group["lr"] for group in self.optimizer.param_groups]
        self._phase, self._model, self._progress = phase, model, progress
        self._seed, self._reporter = (context.seed, number), context.reporter
        self._compute, self._team = context.compute, context.team
        self._said = False
        self._losses = self._team.shared(phase, model)
        narrow = self._compute.precision == "16"
        self._scaler = torch.amp.GradScaler(self._compute.kind, enabled=narrow)
        if self._scaler.is_enabled() and progress.scale is not None:
            state = {"scale": progress.scale, "_growth_tracker": progress.grown}
            self._scaler.load_state_dict({**self._scaler.state_dict(), **state})

    def step(self, epoch: int, number: int) -> dict[str, float]:
        """Take one step.

        Returns:
            the losses by name, each a mean over the step's batch.

        Raises:
            TrainingError: a loss became NaN or infinite; says in which phase, epoch and step.
            OutOfMemoryError: the memory does not suffice, and smaller shares are no way out.
        """
        factor = self._phase.rate(epoch, number)
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        while True:
            short = False
            try:
                values = self._gradients(epoch, number)
            except (RuntimeError, MemoryError) as error:
                if not is_shortage(error):
                    raise
                self._check_can_share(error, epoch, number)
                short = True
            if not short:
                break
            # Not above: what the error holds on to, the step's tensors, is free only now.
            self._share_out()
        self._say_if_whole()
        self._scaler.step(self.optimizer)
        self._scaler.update()
        self._keep_scale(epoch, number)
        return values

    def probe(self) -> None:
        """Calculate the losses of the phase's first step, for nothing but a look at its calls.

        This process's share of them, as steps do; several must call it together.
        """
        losses = self._losses
        if isinstance(losses, DistributedDataParallel):  # it would wait for a backward pass
            losses = losses.module
        with self._compute.rounding():
            losses(self._share(0, 0, 0))

    def _gradients(self, epoch: int, number: int) -> dict[str, float]:
        """The step's gradients are added to the parameters; its losses."""
        self.optimizer.zero_grad(set_to_none=True)
        team = self._team
        sums: dict[str, float] = {}
        for share in range(self._progress.shares):
            self._last = self._share(epoch, number, share)
            with self._compute.rounding():
                losses = self._losses(self._last)
            weight = self._last.weight
            values = {name: float(value.detach()) for name, value in losses.items()}
            for name, value in team.summed(values, weight).items():
                sums[name] = sums.get(name, 0.0) + value
            self._check_finite(sums, epoch, number)
            total = losses["total"]
            # The team's gradients come out averaged over its processes.
            scale = weight * team.size
            self._scaler.scale(total if scale == 1 else total * scale).backward()
        return sums

    def _share(self, epoch: int, number: int, share: int) -> Step:
        """One of the shares that this process calculates of a step."""
        chance, team = generator(*self._seed, epoch, number), self._team
        place = team.rank + team.size * share
        return Step(epoch, number, chance, place, team.size * self._progress.shares)

    def _check_finite(self, values: dict[str, float], epoch: int, number: int) -> None:
        if all(math.isfinite(value) for value in values.values()):
            return
        narrow = "use --precision bf16 or 32, " if self._scaler.is_enabled() else ""
        raise TrainingError(
            f"A loss became {values} in {self._where(epoch, number)}. "
            f"Lower the learning rate (--set learning_rate=...), {narrow}"
            "or look for broken frames; --resume goes on from the last checkpoint."
        )

    def _where(self, epoch: int, number: int) -> str:
        return f"phase {self._phase.name}, epoch {epoch + 1}, step {number + 1}"

    def _check_can_share(self, error: BaseException, epoch: int, number: int) -> None:
        """Refuse where smaller shares are not equal, or do not help.

        Raises:
            OutOfMemoryError: says why.
        """
        shares = self._progress.shares
        why = ""
        if self._team.size > 1:
            why = "in several processes a step cannot be cut further"
        elif any(_takes_batch_statistics(module) for module in self._model.modules()):
            why = "its networks normalise by batch, so a smaller batch is not equal"
        elif shares >= MOST_SHARES or (shares > 1 and not self._last.is_part):
            why = "a smaller share of the step does not help"
        if why:
            raise OutOfMemoryError(
                f"{shortage(error)} It happened on {self._compute.device} in "
                f"{self._where(epoch, number)}; {why}."
            ) from error

    def _share_out(self) -> None:
        """From now on a step is calculated in twice as many shares."""
        self.optimizer.zero_grad(set_to_none=True)
        gc.collect()
        if self._compute.kind == "cuda" and torch.cuda.is_available():
            torch.cuda.empty_cache()
        self._progress.shares *= 2
        self._reporter.message(
            f"The memory of {self._compute.device} does not suffice for a step of "
            f"{self._phase.name}: it is calculated in {self._progress.shares} shares, one after "
            "the other, whose gradients are added up."
        )

    def _say_if_whole(self) -> None:
        """Say once where several processes are no help."""
        if self._team.size > 1 and not self._said and not self._last.is_part:
            self._said = True
            self._reporter.message(
                f"Each process calculates whole steps of {self._phase.name}: they are not shared "
                "out, or have fewer items than there are processes."
            )

    def _keep_scale(self, epoch: int, number: int) -> None:
        if not self._scaler.is_enabled():
            return
        state = self._scaler.state_dict()
        self._progress.scale, self._progress.grown = state["scale"], state["_growth_tracker"]
        if state["scale"] < LEAST_SCALE:
            raise TrainingError(
                f"The gradients are no numbers in 16 bits, up to {self._where(epoch, number)}: "
                "use --precision bf16 or 32."
            )


def _takes_batch_statistics(module: nn.Module) -> bool:
    if not isinstance(module, _BatchNorm):
        return False
    return module.training or module.running_mean is None
