"""The contract for methods of others: good ones keep it, and each fault is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from awry.frames import Frame, FrameScore
from awry.testing import check_method, method_checks
from awry.training.footage import Footage
from awry.training.loop import FitContext

from .conftest import Bright, BrightScorer


def test_a_method_that_keeps_the_contract() -> None:
    check_method(Bright)


class Forgetful(BrightScorer):
    """Remembers the highest score of the stream before."""

    highest = 0.0

    def _push(self, frame: Frame) -> list[FrameScore]:
        (score,) = super()._push(frame)
        self.highest = max(self.highest, score.score or 0)
        return [FrameScore(frame.index, frame.time_s, self.highest)]


class Prophet(BrightScorer):
    """Divides by the clip's highest score where it has the whole clip."""

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        scores = [score for frame in frames for score in self._push(frame)]
        highest = max((score.score or 0 for score in scores), default=0)
        for one in scores:
            yield FrameScore(one.index, one.time_s, (one.score or 0) / highest)


class Late(BrightScorer):
    """Says that it looks ahead, and does not."""

    lookahead = 2


class Dropping(BrightScorer):
    """Leaves out each third frame."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        return super()._push(frame) if frame.index % 3 else []


class Slow(BrightScorer):
    """Tells more time than there was."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        self.seconds["network"] = 1e6
        return super()._push(frame)


class Mapping(BrightScorer):
    """Gives a map, and one of a part that nobody declared."""

    heat = np.zeros((2, 3), np.float32)
    part = "colour"

    def _push(self, frame: Frame) -> list[FrameScore]:
        (score,) = super()._push(frame)
        return [replace(score, map=np.zeros((2, 3), np.float32), maps={self.part: self.heat})]


class Infinite(Mapping):
    heat = np.full((2, 3), np.inf, np.float32)


class Unlike(Mapping):
    """Has another map of a part where it has the whole clip."""

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        for frame in frames:
            (score,) = self._push(frame)
            yield replace(score, maps={self.part: self.heat + 1})


@pytest.mark.parametrize(
    ("scorer", "said"),
    [
        (Forgetful, "a scorer starts anew after flush: a scorer remembers the stream"),
        (Prophet, r"the batched path equals push: score\(\) differs from push\(\)"),
        (Late, "lookahead is 2, but no more than 0 frames ever wait"),
        (Dropping, "every frame gets one score in order: the scores are not one for each frame"),
        (Mapping, "map_parts do not name these maps: colour"),
        (Infinite, "the map of colour of frame 0 is not finite"),
        (Unlike, "the map of colour of frame 0 differs"),
        (Slow, r"seconds add up to 1000000\.000, but scoring took"),
    ],
)
def test_a_fault_is_named(scorer: type[BrightScorer], said: str) -> None:
    class Faulty(Bright):
        scorer_class = scorer

    with pytest.raises(AssertionError, match=f"^bright: .*{said}|^bright: {said}"):
        check_method(Faulty)


def test_a_class_that_is_no_method_is_named_before_anything_is_fitted() -> None:
    class Unnamed(Bright):
        presets: ClassVar = {"cpu": {}}

    with pytest.raises(AssertionError, match="there is no preset 'tiny'"):
        check_method(Unnamed)


def test_a_method_that_raises_is_an_assertion_too() -> None:
    class Raising(Bright):
        def fit(self, footage: Footage, context: FitContext) -> None:
            raise ZeroDivisionError("no footage today")

    with pytest.raises(AssertionError, match=r"bright: .*ZeroDivisionError\('no footage"):
        check_method(Raising)


def test_seeds_and_states_that_are_lost_are_named() -> None:
    class Random(Bright):
        def fit(self, footage: Footage, context: FitContext) -> None:
            super().fit(footage, context)
            self.usual += float(np.random.default_rng().random())

    class Amnesiac(Bright):
        def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
            self.usual = 0.0

    found = {check.name: check for check in method_checks(Random)}
    with pytest.raises(AssertionError, match="two fits with one seed differ"):
        found["the same seed gives the same scores"]()
    found = {check.name: check for check in method_checks(Amnesiac)}
    with pytest.raises(AssertionError, match="scores differ after saving and loading"):
        found["save and load give equal scores"]()
    with pytest.raises(AssertionError, match="was not refused with BundleError"):
        found["foreign tensors are refused"]()
