"""How the learning rate goes on over a phase, as a factor on the optimiser's own rate."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]
"""`(epoch, step) -> factor`, both from 0 within the phase."""


def constant() -> Schedule:
    """The same rate all the time."""
    return lambda epoch, step: 1.0


def stepped(factor: float, every: int, first: int = 0) -> Schedule:
    """Multiplied by a factor after every so many epochs.

    Args:
        factor: in (0, 1].
        every: epochs between two changes.
        first: epochs of earlier phases, which count too.

    >>> [stepped(0.1, 20)(epoch, 0) for epoch in (0, 19, 20)]
    [1.0, 1.0, 0.1]
    """
    return lambda epoch, step: float(factor ** ((first + epoch) // every))


def cosine(epochs: int, steps: int, least: float = 0.0) -> Schedule:
    """Half a cosine wave from 1 at the first step down to `least` after the last one.

    Args:
        epochs: of the phase.
        steps: of an epoch.
        least: share of the rate that is left at the end.

    >>> [round(cosine(2, 2, 0.05)(epoch, step), 3) for epoch in (0, 1) for step in (0, 1)]
    [1.0, 0.861, 0.525, 0.189]
    """

    def factor(epoch: int, step: int) -> float:
        angle = math.pi * (epoch * steps + step) / max(epochs * steps, 1)
        return least + (1 - least) * (1 + math.cos(angle)) / 2

    return factor
