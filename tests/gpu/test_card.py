"""The card itself: its name is known, and matrix products are those of the processor."""

from __future__ import annotations

import torch

from awry.device_list import available, name_of
from awry.devices import Compute, using
from awry.training.environment import hardware


def test_the_card_is_known_and_calculates(card: Compute) -> None:
    assert card.device in available()
    assert hardware(card).endswith(f"; {name_of(card.device)}") != card.plain
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.rand(64, 64, generator=generator) for _ in range(2))
    with using(card):
        product = card.fetch(card.put(first) @ card.put(second))
    torch.testing.assert_close(product, first @ second)
