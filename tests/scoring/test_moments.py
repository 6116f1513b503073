"""The strongest moments of a clip, apart from one another and in bounded memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awry.frames import Frame, FrameScore
from awry.scoring.moments import APART_S, MOST_BEFORE, Moment, MomentKeeper, strongest

PICTURE = np.zeros((1, 1, 3), np.uint8)


def keeper_of(scores: list[float | None], count: int, apart: int) -> MomentKeeper:
    keeper = MomentKeeper("clip", count, apart / APART_S)
    for index, value in enumerate(scores):
        keeper.offer(Frame(index, None, PICTURE), FrameScore(index, None, value))
    return keeper


def kept(scores: list[float | None], count: int, apart: int) -> list[int]:
    return [moment.frame.index for moment in keeper_of(scores, count, apart).moments()]


def moment(value: float, index: int, clip: str = "clip") -> Moment:
    frame, score = Frame(index, None, PICTURE), FrameScore(index, None, value)
    return Moment(value, clip, frame, score, apart=25)


def test_the_strongest_come_first_with_their_frames() -> None:
    scores: list[float | None] = [0.0] * 100
    scores[12], scores[55], scores[91] = 2.0, 9.0, 5.0
    found = keeper_of(scores, 3, 25).moments()
    assert [(m.value, m.frame.index, m.score.index, m.clip) for m in found] == [
        (9.0, 55, 55, "clip"),
        (5.0, 91, 91, "clip"),
        (2.0, 12, 12, "clip"),
    ]


def test_neighbours_of_a_peak_are_not_moments_of_their_own() -> None:
    """Not even across the edge of a stretch: 24 and 25 lie in two of them."""
    scores: list[float | None] = [0.0] * 75
    scores[24], scores[25], scores[70] = 9.0, 8.0, 1.0
    assert kept(scores, 3, 25)[:2] == [24, 70]


def test_unscored_frames_are_passed_over() -> None:
    assert kept([None] * 50, 3, 25) == []
    assert kept([None] * 30 + [1.0] + [None] * 30, 3, 25) == [30]
    assert kept([], 3, 25) == []


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 50).map(float)), max_size=200),
    st.integers(1, 5),
    st.integers(1, 30),
)
def test_moments_are_few_apart_sorted_and_begin_with_the_maximum(
    scores: list[float | None], count: int, apart: int
) -> None:
    keeper = keeper_of(scores, count, apart)
    found = keeper.moments()
    values = [m.value for m in found]
    indices = sorted(m.frame.index for m in found)
    assert len(found) <= count
    assert values == sorted(values, reverse=True)
    assert all(b - a >= apart for a, b in pairwise(indices))
    known = [s for s in scores if s is not None]
    assert values[:1] == ([max(known)] if known else [])
    assert all(scores[m.frame.index] == m.value for m in found)
    assert len(keeper._kept) <= 2 * count  # however long the clip


def test_clips_do_not_push_one_another_out() -> None:
    found = strongest([moment(3, 10, "a"), moment(2, 12, "b"), moment(1, 12, "a")], 5)
    assert [(m.clip, m.value) for m in found] == [("a", 3), ("b", 2)]
    assert len(strongest([moment(i, 100 * i) for i in range(9)], 4)) == 4


def test_moments_may_be_exactly_so_far_apart() -> None:
    found = strongest([moment(3, 10), moment(2, 35), moment(1, 59)], 5)
    assert [m.frame.index for m in found] == [10, 35]


def test_moments_lie_as_far_apart_in_time_at_every_rate() -> None:
    scores = [0.0] * 200
    scores[10], scores[60] = 3.0, 2.0
    found = {}
    for fps in (10.0, 20.0, 30.0):
        keeper = MomentKeeper("clip", 5, fps)
        for index, value in enumerate(scores):
            keeper.offer(Frame(index, None, PICTURE), FrameScore(index, None, value))
        found[fps] = [m.frame.index for m in keeper.moments() if m.value > 0]
    assert found == {10.0: [10, 60], 20.0: [10, 60], 30.0: [10]}


def test_the_frames_before_a_moment_become_pictures_of_it() -> None:
    keeper = MomentKeeper("clip", 1, None, before=2)
    for index, value in enumerate([None, None, 1.0, 5.0, 2.0]):
        keeper.offer(Frame(index, None, PICTURE), FrameScore(index, None, value))
    (found,) = keeper.moments()
    assert [frame.index for frame in found.before] == [1, 2]
    shown = found.shown(lambda frames: {"last": frames[-1].image + np.uint8(frames[-1].index)})
    assert shown.before == ()
    assert shown.pictures["last"].max() == 3
    assert dict(found.shown(lambda frames: None).pictures) == {}


def test_methods_that_need_many_frames_before_are_not_asked_for_pictures() -> None:
    keeper = MomentKeeper("clip", 1, None, before=MOST_BEFORE + 1)
    for index in range(30):
        keeper.offer(Frame(index, None, PICTURE), FrameScore(index, None, 1.0))
    (found, *_) = keeper.moments()
    assert found.before == ()
    assert dict(found.shown(lambda frames: {"never": PICTURE}).pictures) == {}
