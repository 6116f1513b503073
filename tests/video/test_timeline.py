from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.video.source import SourceHealth
from awry.video.timeline import Timeline


def test_first_stamp_becomes_zero_and_gaps_stay() -> None:
    timeline = Timeline(0.1, SourceHealth())
    assert [timeline.next(s) for s in (5.0, 5.1, 7.0)] == pytest.approx([0, 0.1, 2.0])


def test_missing_stamps_take_the_nominal_step() -> None:
    health = SourceHealth()
    timeline = Timeline(0.5, health)
    assert [timeline.next(s) for s in (None, 3.0, None, 4.0)] == pytest.approx([0, 0.5, 1.0, 1.5])
    assert health.ok


def test_without_rate_and_stamp_there_is_no_time() -> None:
    timeline = Timeline(None, SourceHealth())
    assert timeline.next(None) is None
    assert timeline.next(2.0) == 0.0


def test_a_wild_stamp_does_not_spoil_the_later_ones() -> None:
    health = SourceHealth()
    timeline = Timeline(0.1, health)
    stamps = [1.0, 1.1, 9999.0, 1.3, 1.4]
    times = [timeline.next(s, n) for s, n in zip(stamps, [*stamps[1:], None], strict=True)]
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert len(health.notes) == 1
    assert "runs ahead" in health.notes[0]


def test_many_replaced_stamps_are_listed_briefly() -> None:
    health = SourceHealth()
    timeline = Timeline(0.1, health)
    for _ in range(50):
        timeline.next(1.0)
    timeline.close()
    assert len(health.notes) == 6
    assert health.notes[-1].endswith("49.")


@given(
    st.lists(st.none() | st.floats(-1e4, 1e4), min_size=1, max_size=30),
    st.booleans(),
)
def test_times_only_grow(stamps: list[float | None], ahead: bool) -> None:
    timeline = Timeline(0.04, SourceHealth())
    following = [*stamps[1:], None] if ahead else [None] * len(stamps)
    times = [timeline.next(s, n) for s, n in zip(stamps, following, strict=True)]
    assert times[0] == 0.0
    assert all(later > earlier for earlier, later in pairwise(times))
