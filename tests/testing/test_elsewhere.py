"""Scores in pieces and in 16 bits: each fault is named."""

from __future__ import annotations

import pytest
import torch

from awry.devices import Compute
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, Scorer, Setting
from awry.testing import method_checks

from .conftest import Bright, BrightScorer


def require_fault(kind: type[Method], name: str, said: str) -> None:
    """A rule of the contract is not kept, and says so."""
    found = {check.name: check for check in method_checks(kind)}
    with pytest.raises(AssertionError, match=said):
        found[name]()


def test_what_goes_wrong_in_sixteen_bits_is_named() -> None:
    class Rough(Bright):
        def scorer(self, setting: Setting) -> Scorer:
            return BrightScorer(setting, 0.0 if self.compute.rounds else self.usual)

    class Moving(Bright):
        def on(self, compute: Compute) -> Moving:
            other = super().on(compute)
            other.usual = 1 + self.usual
            return other

    class Narrow(Bright):
        def state(self) -> dict[str, torch.Tensor]:
            (value,) = super().state().values()
            return {"usual": value.bfloat16() if self.compute.rounds else value}

    learned = "what was learned stays on the processor in full"
    for kind, name, said in (
        (Rough, "sixteen bits score nearly the same", "scores in bf16 differ too much"),
        (Moving, learned, "usual changes when it scores in bf16"),
        (Narrow, learned, r"usual is torch\.bfloat16 in bf16, and torch\.float64 in full"),
    ):
        require_fault(kind, name, said)


class ShortSighted(BrightScorer):
    """Says that a score depends on its frame alone, and counts the frames of the stream."""

    reach = 0
    seen = 0

    def _push(self, frame: Frame) -> list[FrameScore]:
        self.seen += 1
        return [FrameScore(frame.index, frame.time_s, float(self.seen))]

    def _flush(self) -> list[FrameScore]:
        self.seen = 0
        return []


class FarSighted(BrightScorer):
    reach = 55


@pytest.mark.parametrize(
    ("scorer", "said"),
    [
        (ShortSighted, "a piece's scores differ"),
        (FarSighted, "reach is 55 of 60 frames: too far"),
    ],
)
def test_pieces_that_are_scored_otherwise_are_named(scorer: type[BrightScorer], said: str) -> None:
    class Faulty(Bright):
        scorer_class = scorer

    require_fault(Faulty, "a piece of a clip gets the scores of the whole", said)
