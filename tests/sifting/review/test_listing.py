"""Which moments are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from awry.sifting.review.listing import View, listing
from awry.sifting.review.session import ReviewSession
from awry.sifting.run import RankedClip


@pytest.fixture
def session(session: ReviewSession) -> ReviewSession:
    """A run of 2000 frames with 20 peaks of 30 frames; 13 of them lie in the top fifth."""
    scores = np.zeros(2000)
    for number in range(20):
        begin = 100 * number + 40
        scores[begin : begin + 30] = 1 - number / 100
    clip = RankedClip("gate", "scene", 10, np.arange(2000), np.arange(2000) / 10, scores, {})
    session.run = replace(session.run, clips=(clip,))
    session._changed()
    return session


def test_so_many_and_then_more(session: ReviewSession) -> None:
    few = listing(session, View(most=4))
    assert few.moments == session.moments[:4]
    assert (few.count, few.below) == (13, None)
    assert few.more == View("all", 28, 0.0)


def test_at_the_end_a_larger_share_of_the_frames(session: ReviewSession) -> None:
    found = listing(session, View())
    assert found.below == (0.2, 0.4)
    assert found.more == View("all", 48, 0.4)
    wider = listing(session, found.more)
    assert [moment.rank for moment in wider.moments] == list(range(1, 21))
    assert [moment.first for moment in wider.moments] == [100 * n + 40 for n in range(20)]
    assert wider.below == (0.4, 0.8)
    assert listing(session, View(share=1.0)).below is None
    # Less than the run's own share is no wish.
    assert listing(session, View(share=0.01)).moments == found.moments


def test_kinds(session: ReviewSession) -> None:
    first, second, third, *_ = session.moments
    session.mark(first, "abnormal")
    session.mark(second, "normal")
    assert [m.label for m in listing(session, View("abnormal")).moments] == ["abnormal"]
    assert [m.place for m in listing(session, View("normal")).moments] == [second.place]
    assert listing(session, View("unmarked")).moments[0] == third
    assert listing(session, View("abnormal")).more is None


def test_borderline_moments_lie_on_both_sides_of_the_threshold(session: ReviewSession) -> None:
    found = listing(session, View("borderline", most=1000)).moments
    away = [abs(moment.score - session.threshold) for moment in found]
    assert away == sorted(away)
    assert {moment.score >= session.threshold for moment in found} == {True, False}
