"""What is trained: phases, and their steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from awry.errors import TrainingError

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a phase, or a share of it: what one of several processes takes, or what goes
    into memory at once.

    Every random choice is drawn for the whole step, for all shares alike; `mine` then says what
    of the batch belongs to this one.

    Attributes:
        epoch, number: which one, from 0.
        generator: the source of its random choices.
        share, shares: this is the share so numbered, of so many.
    """

    epoch: int
    number: int
    generator: np.random.Generator
    share: int = 0
    shares: int = 1
    _taken: list[tuple[int, int]] = field(default_factory=list, repr=False, compare=False)

    def mine(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Of a batch's items (or an array's first axis), those that are calculated here.

        All of them where there are fewer than shares: each share then calculates the same.
        """
        if self.shares == 1:
            return items
        mine = items[self.share :: self.shares]
        if len(items) < self.shares:
            mine = items
        self._taken.append((len(mine), len(items)))
        return mine

    @property
    def weight(self) -> float:
        """How much the share's loss counts in the step's; call it after the loss.

        Raises:
            TrainingError: several batches of the step are shared out differently.
        """
        weights = {self._weight_of(mine, all_) for mine, all_ in self._taken}
        if len(weights) > 1:
            raise TrainingError(
                f"A step's batches of {', '.join(str(all_) for _, all_ in self._taken)} items "
                f"cannot be shared out alike among {self.shares}: choose sizes that "
                f"{self.shares} divides, or one process."
            )
        return float(weights.pop()) if weights else 1 / self.shares

    @property
    def is_part(self) -> bool:
        """Whether less than the whole batch was calculated; ask it after the loss."""
        return any(mine < all_ for mine, all_ in self._taken)

    def _weight_of(self, mine: int, every: int) -> Fraction:
        return Fraction(1, self.shares) if every < self.shares else Fraction(mine, every)


@dataclass(slots=True)
class Phase:
    """One stretch of training with its own parameters, losses and learning rate.

    Attributes:
        name: unique within the fit.
        parameters: what the optimiser moves.
        epochs, steps: `steps` optimiser steps in each of `epochs` epochs.
        loss: the named losses of a step; `total`, a mean over the items of its batch, is minimised.
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
    loss: Callable[[Step], dict[str, Tensor]]
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
