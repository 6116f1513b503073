"""Held-back normal footage as the systems see it: whole frames, through their scorers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from awry.datasets.base import name_in_training
from awry.datasets.clips import Excerpt
from awry.frames import FrameScore
from awry.methods.base import Method, Setting
from awry.methods.fused.aligned import AlignedScorers
from awry.methods.fused.evidence import FrameEvidence, gather
from awry.training.footage import Footage
from awry.training.split import Span, run_up

PIECE = 250
"""Long footage is looked at in pieces of so many frames, evenly spread."""


def evidence_of(
    footage: Footage, part: str, systems: Sequence[Method], most: int, at_once: int = 1
) -> list[list[FrameEvidence]]:
    """What the systems say of a part of the footage, stretch by stretch; unscored frames are out.

    Args:
        footage: whose parts are known.
        part: `validation`, or `train` where that is too short.
        systems: fitted.
        most: frames to look at.
        at_once: as `AlignedScorers` takes it.
    """
    size = footage.frame_size()
    pieces = spread(footage.parts[part], most)
    total = sum(piece.length for piece in pieces)
    footage.reporter.start("what is usual", total, 0)
    stretches = []
    for piece in pieces:
        clip = footage.clip_named(piece.clip)
        source = footage.open(clip)
        setting = Setting(
            scene=clip.scene,
            clip=name_in_training(clip.name),
            ignore=footage.ignore,
            fps=source.fps,
            frame_size=size,
        )
        scorers = [system.scorer(setting) for system in systems]
        aligned = AlignedScorers(scorers, at_once)
        before = run_up(footage.parts, piece, aligned.run_up)
        first = piece.first - before
        stretch: list[FrameEvidence] = []
        for frame in Excerpt(source, first, piece.last - 1, clip.name, keep_origin=True):
            stretch += _gathered(aligned.push(frame), before, size)
            footage.reporter.advance({})
        stretches.append(stretch + _gathered(aligned.flush(), before, size))
    return [stretch for stretch in stretches if stretch]


def _gathered(
    answers: Sequence[tuple[FrameScore, ...]], first: int, size: tuple[int, int]
) -> list[FrameEvidence]:
    """Evidence of the frames from the first on that every system has a score of."""
    return [
        gather(answer, size)
        for answer in answers
        if answer[0].index >= first and all(one.score is not None for one in answer)
    ]


def spread(spans: Sequence[Span], most: int, piece: int = PIECE) -> list[Span]:
    """Pieces of the spans, evenly spread, of at most so many frames together; one at least.

    >>> spread([Span("a", 0, 100)], 50, piece=25)
    [Span(clip='a', first=0, last=25), Span(clip='a', first=75, last=100)]
    """
    if sum(span.length for span in spans) <= most:
        return list(spans)
    pieces = [
        Span(span.clip, first, min(first + piece, span.last))
        for span in spans
        for first in range(span.first, span.last, piece)
    ]
    count = max(1, most // piece)
    places = np.linspace(0, len(pieces) - 1, min(count, len(pieces))).astype(int)
    return [pieces[place] for place in dict.fromkeys(places.tolist())]
