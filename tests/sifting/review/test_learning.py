"""Learning in the background."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

from awry.errors import TrainingError
from awry.sifting.review.learning import Learning
from awry.sifting.review.moments import RankChanges

CHANGES = RankChanges(2, rose=1, fell=0, stayed=3, new=0, gone=0)


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
        return CHANGES

    return Learning(cast(Any, SimpleNamespace(retrain=retrain))), shares


def test_steps_and_what_changed() -> None:
    learner, shares = learning()
    assert (learner.running, learner.share) == (False, 0)
    learner.begin()
    learner.wait()
    assert shares == [0.5, 1.0]
    assert (learner.title, learner.detail) == ("round 1", "nearly there")
    assert (learner.changes, learner.problem) == (CHANGES, "")
    assert (learner.running, learner.ended) == (False, 1)


def test_a_failure_says_why() -> None:
    learner, _ = learning(TrainingError("The loss is NaN."))
    learner.begin()
    learner.wait()
    assert (learner.changes, learner.problem) == (None, "The loss is NaN.")
    assert learner.ended == 1


def test_two_browsers_that_ask_at_once_begin_one() -> None:
    going, begun = threading.Event(), []

    def retrain(reporter: Learning) -> RankChanges:
        begun.append(threading.current_thread())
        assert going.wait(30)
        return CHANGES

    learner = Learning(cast(Any, SimpleNamespace(retrain=retrain)))
    asking = [threading.Thread(target=learner.begin) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert learner.running
    going.set()
    learner.wait()
    assert (len(begun), learner.ended) == (1, 1)
