from __future__ import annotations

from pathlib import Path

import numpy as np

from awry.methods.sdor import SDORConfig
from awry.sifting.review.log import FeedbackMark, Label
from awry.sifting.review.moments import (
    RankChanges,
    moments_below,
    moments_of,
    rank_before,
    rank_changes,
    unsettled,
)
from awry.sifting.review.positions import PlacedMark
from awry.sifting.run import RankedClip, RankedEvent, SiftedRun


def run() -> SiftedRun:
    """A clip of 100 frames, filmed from frame 1000 on, with two peaks in its top tenth."""
    scores = np.linspace(0, 0.1, 100)
    scores[20:25] = 9
    scores[60:65] = 8
    clip = RankedClip("gate", "*", 25, np.arange(1000, 1100), np.arange(100) / 25, scores, {})
    config = SDORConfig(abnormal_share=0.1).model_dump(mode="json")
    return SiftedRun(Path("run"), {"config": config}, (clip,))


def mark(frame: int, label: Label, first: int, last: int) -> dict[tuple[str, int], FeedbackMark]:
    return {("gate", frame): FeedbackMark("gate", frame, label, "", first, last)}


def test_events_come_first_then_what_was_settled_then_other_marks() -> None:
    marks = mark(1022, "normal", 1020, 1024) | mark(1005, "abnormal", 1005, 1005)
    moments = moments_of(run(), marks, None, learned_from={("gate", 1022)})
    assert [(m.first, m.rank, m.label, m.place) for m in moments] == [
        (60, 1, None, 60),
        (20, None, "normal", 22),
        (5, None, "abnormal", 5),
    ]
    # Not learned yet: cards stay where they are.
    assert [m.rank for m in moments_of(run(), marks, None)] == [1, 2, None]


def test_a_mark_stands_for_an_event_whose_half_it_covers() -> None:
    events = [RankedEvent(0, 20, 25, 22, 9.0)]

    def settled(first: int, last: int, clip: int = 0) -> bool:
        learned = [PlacedMark(clip, first, last, first, "normal")]
        return unsettled(events, learned) == []

    assert settled(20, 22)
    assert not settled(10, 21)
    assert settled(25, 25)
    assert not settled(26, 26)
    assert not settled(20, 25, clip=1)


def test_what_follows_keeps_counting() -> None:
    below = moments_below(run(), {}, None, 0.2, 2)
    assert below[0].rank == 3
    assert below[0].score < 8
    assert below[0].first > 64 + 1


def test_ranks_before_and_after() -> None:
    before = [RankedEvent(0, 20, 24, 22, 9.0), RankedEvent(0, 60, 64, 62, 8.0)]
    after = [
        RankedEvent(0, 64, 70, 66, 9.5),
        RankedEvent(1, 20, 24, 22, 9.0),
        RankedEvent(0, 24, 30, 25, 7.0),
    ]
    assert [rank_before(event, before) for event in after] == [2, None, 1]
    changes = rank_changes(before, after, 1)
    assert changes == RankChanges(1, rose=1, fell=1, stayed=0, new=1, gone=0)
    assert rank_changes(before, [], 2) == RankChanges(2, 0, 0, 0, 0, gone=2)
