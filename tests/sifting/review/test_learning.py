"""Learning in the background."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from awry.errors import TrainingError
from awry.sifting.review.learning import Learning


def learning(error: Exception | None = None) -> tuple[Learning, list[float]]:
    """Learning of two steps, and how much was done after each."""
    shares: list[float] = []

    def retrain(reporter: Learning) -> Any:
        reporter.start("round 1", 2)
        for _ in range(2):
            reporter.advance()
            shares.append(reporter.share)
        reporter.message("nearly there")
        if error is not None:
            raise error
        return SimpleNamespace(sentence="Learned from 2 marks.")

    return Learning(cast(Any, SimpleNamespace(retrain=retrain))), shares


def test_steps_and_outcome() -> None:
    learner, shares = learning()
    assert (learner.running, learner.share) == (False, 0)
    learner.begin()
    learner.wait()
    assert shares == [0.5, 1.0]
    assert (learner.title, learner.detail) == ("round 1", "nearly there")
    assert (learner.outcome, learner.failed) == ("Learned from 2 marks.", False)
    assert (learner.running, learner.ended) == (False, 1)


def test_a_failure_is_a_sentence() -> None:
    learner, _ = learning(TrainingError("The loss is NaN."))
    learner.begin()
    learner.wait()
    assert (learner.outcome, learner.failed) == ("Nothing was learned. The loss is NaN.", True)
    assert learner.ended == 1
