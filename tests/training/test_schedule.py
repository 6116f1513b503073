from __future__ import annotations

import pytest

from awry.training.schedule import constant, cosine, stepped


def test_constant_stays() -> None:
    rate = constant()
    assert [rate(0, 0), rate(7, 3)] == [1.0, 1.0]


def test_stepped_counts_the_epochs_of_earlier_phases() -> None:
    rate = stepped(0.5, every=4, first=3)
    assert [rate(epoch, 9) for epoch in range(6)] == [1.0, 0.5, 0.5, 0.5, 0.5, 0.25]


def test_cosine_falls_from_one_by_the_steps_that_are_done() -> None:
    rate = cosine(epochs=4, steps=10)
    assert rate(0, 0) == 1.0
    assert rate(2, 0) == pytest.approx(0.5)
    assert rate(1, 0) == pytest.approx((1 + 2**-0.5) / 2)
    every = [rate(epoch, step) for epoch in range(4) for step in range(10)]
    assert every == sorted(every, reverse=True)
    assert 0 < every[-1] < 0.01


def test_cosine_leaves_a_share() -> None:
    rate = cosine(epochs=1, steps=4, least=0.2)
    assert [rate(0, 0), rate(0, 2)] == pytest.approx([1.0, 0.6])
    assert rate(1, 0) == pytest.approx(0.2)


def test_a_phase_without_epochs_has_a_rate() -> None:
    assert cosine(epochs=0, steps=5)(0, 0) == 1.0
