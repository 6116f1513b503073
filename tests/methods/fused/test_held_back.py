"""Held-back footage through the scorers."""

from __future__ import annotations

from pathlib import Path

from awry.methods.base import Setting
from awry.methods.flow import Flow
from awry.methods.fused.held_back import PIECE, evidence_of, spread
from awry.training.footage import Footage
from awry.training.loop import FitContext
from awry.training.split import Span
from awry.video.cache import FrameCache
from support import moving_square_data


def test_long_footage_is_looked_at_in_pieces() -> None:
    spans = [Span("a", 100, 2100), Span("b", 0, 1000)]
    pieces = spread(spans, 800)
    assert sum(piece.length for piece in pieces) <= 800
    assert all(piece.length <= PIECE for piece in pieces)
    assert {piece.clip for piece in pieces} == {"a", "b"}
    assert spread(spans, 10) == [Span("a", 100, 350)]


def test_every_frame_that_all_score_is_evidence(tmp_path: Path) -> None:
    data = moving_square_data(clips=2, length=40)
    footage = Footage(data.train, FrameCache(tmp_path, 2**28))
    flow = Flow(Flow.configure("tiny"))
    flow.fit(footage, FitContext(tmp_path / "fit"))
    stretches = evidence_of(footage, "validation", [flow, flow], 1000)
    assert flow.scorer(Setting()).warmup == 1
    spans = footage.parts["validation"]
    # A warm-up is taken from the frames before, where there are some.
    assert [len(stretch) for stretch in stretches] == [s.length - (not s.first) for s in spans]
    assert any(span.first for span in spans)
    assert stretches[0][0].whole.shape == (2,)
