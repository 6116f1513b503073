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


def times_of(
    stamps: list[float | None], ahead: int = 0, step: float | None = 0.1
) -> tuple[list[float | None], list[str]]:
    """Times with so many following stamps known, and the notes."""
    health = SourceHealth()
    timeline = Timeline(step, health)
    times = [
        timeline.next(stamp, [s for s in stamps[n + 1 : n + 1 + ahead] if s is not None])
        for n, stamp in enumerate(stamps)
    ]
    timeline.close()
    return times, health.notes


STEADY = [round(0.1 * n, 1) for n in range(10)]


@pytest.mark.parametrize("ahead", [0, 1, 4])
@pytest.mark.parametrize("by", [9800.0, -9800.0])
def test_one_wild_stamp_spoils_no_other_live_or_from_a_file(by: float, ahead: int) -> None:
    stamps = [5 + time for time in STEADY]
    stamps[4] += by
    times, notes = times_of(stamps, ahead)
    assert times == pytest.approx(STEADY)
    assert len(notes) == 1


def test_wild_stamps_in_a_row_are_told_by_those_after_them() -> None:
    stamps = [5 + time for time in STEADY]
    stamps[4:7] = [9800.0, 9800.1, 9800.2]
    times, notes = times_of(stamps, ahead=4)
    assert times == pytest.approx(STEADY)
    assert len(notes) == 3


@pytest.mark.parametrize("ahead", [0, 1, 4])
def test_a_clock_that_restarts_goes_on(ahead: int) -> None:
    times, notes = times_of([70 + time for time in STEADY[:5]] + STEADY[:5], ahead)
    assert times == pytest.approx(STEADY)
    assert any("goes back" in note and "starts anew" in note for note in notes)


@pytest.mark.parametrize("ahead", [0, 1, 4])
def test_a_wrapped_clock_goes_on(ahead: int) -> None:
    times, notes = times_of(STEADY[:5] + [95443.7 + time for time in STEADY[:5]], ahead)
    assert times == pytest.approx(STEADY)
    assert "starts anew" in notes[-1]


def test_a_long_gap_is_kept_and_noted() -> None:
    gapped = STEADY[:5] + [3600 + time for time in STEADY[5:]]
    times, notes = times_of(gapped, ahead=4)
    assert times == pytest.approx(gapped)
    assert notes == ["A time stamp after 0.400 s is 3600.1 s later and those after it too: a gap."]
    # Live, the gap is known one frame later.
    times, _ = times_of(gapped)
    assert times == pytest.approx([*STEADY[:6], *gapped[6:]])


def test_time_lapse_is_no_jump() -> None:
    stamps = [60.0 * n for n in range(8)]
    assert times_of(stamps, step=60.0) == (pytest.approx(stamps), [])


def test_the_step_follows_from_the_stamps_and_not_from_the_claim() -> None:
    times, _ = times_of([0.0, 0.1, 0.2, 0.3, None, 0.5], step=0.001)
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_lost_places_count_where_a_stamp_is_missing() -> None:
    timeline = Timeline(0.1, SourceHealth())
    assert timeline.next(0.0) == 0.0
    assert timeline.next(None, places=4) == pytest.approx(0.4)


def test_a_first_stamp_that_runs_ahead_is_replaced() -> None:
    times, notes = times_of([9800.0, 5.1, 5.2], ahead=1)
    assert times == pytest.approx([0.0, 0.1, 0.2])
    assert "at the start runs ahead" in notes[0]


def test_many_irregular_stamps_are_listed_briefly() -> None:
    _, notes = times_of([1.0, 0.5] * 25)
    assert len(notes) == 6
    assert notes[-1] == "Irregular time stamps in all: 49."


def test_a_stamp_that_is_later_by_rounding_alone_is_no_step() -> None:
    """A usual step of nearly nothing would make missing stamps stand still."""
    times, _ = times_of([1.0, 1.0, 1.0, 0.0, None, 1.0, None], ahead=2, step=0.04)
    assert times[:2] == [0.0, 0.04]
    assert all(later - earlier > 0.01 for earlier, later in pairwise(times))


@given(
    st.lists(st.none() | st.floats(-1e5, 1e5), min_size=1, max_size=30),
    st.integers(0, 4),
)
def test_times_only_grow(stamps: list[float | None], ahead: int) -> None:
    times, _ = times_of(stamps, ahead, step=0.04)
    assert times[0] == 0.0
    assert all(later > earlier for earlier, later in pairwise(times))
