"""A step that several processes share, in one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor, nn

from awry.training.loop import Step

Loss = Callable[[Step], Mapping[str, Tensor]]


def gradients(model: nn.Module, loss: Loss, *sizes: int) -> list[Tensor]:
    """The gradient of a step's loss, of each parameter that has one.

    Args:
        model: whose parameters.
        loss: of a step, as `Phase.loss`.
        sizes: of the shares that the step is calculated in; none: it is calculated as a whole.
    """
    model.zero_grad(set_to_none=True)
    shares, totals = sizes or (1,), []
    for number, size in enumerate(shares):
        step = Step(0, 0, np.random.default_rng(0), number, len(shares))
        totals.append(loss(step)["total"])
        (totals[-1] * size / sum(shares)).backward()
    assert len({float(total.detach()) for total in totals}) == len(shares), "the same part twice"
    return [one.grad.clone() for one in model.parameters() if one.grad is not None]


def require_whole_for_both(loss: Loss) -> None:
    """Of a batch of one item, each of two processes calculates the whole, for half of the step."""
    steps = [Step(0, 0, np.random.default_rng(0), *share) for share in ((0, 1), (0, 2), (1, 2))]
    whole, *both = (float(loss(step)["total"].detach()) for step in steps)
    assert both == [whole, whole]
    assert [step.weight for step in steps] == [1, 0.5, 0.5]
    assert not any(step.is_part for step in steps)
