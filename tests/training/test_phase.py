"""Shares of a step."""

from __future__ import annotations

import numpy as np
import pytest

from awry.errors import TrainingError
from awry.training.phase import Step, generator


def shares_of(number: int) -> list[Step]:
    return [Step(0, 0, generator(0, 0, 0, 0), share, number) for share in range(number)]


@pytest.mark.parametrize("items", [3, 4, 7, 12])
@pytest.mark.parametrize("shares", [1, 2, 3])
def test_shares_make_the_batch_and_their_losses_its_mean(items: int, shares: int) -> None:
    values = np.random.default_rng(items).normal(size=items)
    seen: list[float] = []
    mean = 0.0
    for step in shares_of(shares):
        mine = step.mine(values)
        seen += list(mine)
        mean += step.weight * float(np.mean(mine))
        assert step.is_part == (shares > 1)
    assert sorted(seen) == sorted(values)
    assert mean == pytest.approx(values.mean())


@pytest.mark.parametrize("asks", [True, False])
def test_what_cannot_be_shared_out_is_calculated_by_all(asks: bool) -> None:
    for step in shares_of(4):
        if asks:
            assert list(step.mine([1, 2, 3])) == [1, 2, 3]
        assert step.weight == 1 / 4
        assert not step.is_part


def test_batches_that_are_shared_out_alike_have_one_weight() -> None:
    step = shares_of(2)[0]
    step.mine(range(4))
    step.mine(range(6))
    assert step.weight == 0.5


def test_batches_that_are_shared_out_differently_are_refused() -> None:
    step = shares_of(2)[0]
    step.mine(range(4))
    step.mine(range(5))
    with pytest.raises(TrainingError, match="4, 5 items cannot be shared out alike among 2"):
        print(step.weight)
