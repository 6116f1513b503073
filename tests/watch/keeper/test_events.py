"""Scores of a camera to events, beside what `find_events` says of the whole series."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.frames import FrameScore
from awry.scoring.events import EventOptions, find_events
from awry.watch.keeper.events import (
    LOST,
    NOT_A_NUMBER,
    EventStream,
    Found,
    Level,
    event_uid,
    stored_score,
)
from awry.watch.messages import Scored, SeenRegion

OPTIONS = EventOptions(hysteresis=0.2, merge_gap=2, min_length=2)
LEVEL = Level(1.0, 0.0, OPTIONS, "As fitted.")
VALUES = st.lists(st.sampled_from([None, 0.1, 0.85, 0.9, 1.0, 1.1, 1.5, 2.0]), max_size=60)


def scored(step: int, value: float | None, **more: object) -> Scored:
    given = {"camera": "door", "at": 100 + step / 10, "session": "s", "bundle": "b"} | more
    return Scored(step=step, score=value, **given)  # type: ignore[arg-type]


def ended(stream: EventStream, values: list[float | None]) -> list[Found]:
    found = [one for n, v in enumerate(values) for one in stream.take(scored(n, v), LEVEL).events]
    found += stream.end().events
    return [one for one in found if one.phase == "end"]


@given(values=VALUES)
def test_events_are_those_of_the_whole_series(values: list[float | None]) -> None:
    frames = [FrameScore(n, 100 + n / 10, value) for n, value in enumerate(values)]
    series = np.array([np.nan if one is None else np.float32(one) for one in values], np.float64)
    wanted = find_events("door", frames, series, 1.0, "", OPTIONS)
    found = ended(EventStream("door", "b"), values)
    assert [(one.start, one.end, one.score) for one in found] == [
        (one.start_s, one.end_s, one.score) for one in wanted
    ]
    assert [one.peak_at for one in found] == [100 + one.peak / 10 for one in wanted]


@given(values=VALUES, cut=st.integers(0, 60))
def test_a_stream_goes_on_where_another_one_was(values: list[float | None], cut: int) -> None:
    first = EventStream("door", "b")
    found: list[Found] = []
    for step, value in enumerate(values[:cut]):
        found += first.take(scored(step, value), LEVEL).events
    second = EventStream("door", "b", state=json.loads(json.dumps(first.state())))
    for step, value in enumerate(values[cut:], cut):
        found += second.take(scored(step, value), LEVEL).events
    found += second.end().events
    whole = ended(EventStream("door", "b"), values)
    assert [one for one in found if one.phase == "end"] == whole
    assert len([one for one in found if one.phase == "new"]) == len(whole)
    assert len({one.uid for one in whole}) == len(whole)


def test_an_event_is_new_then_more_then_over() -> None:
    stream = EventStream("door", "b")
    phases = [
        [one.phase for one in stream.take(scored(step, value), LEVEL).events]
        for step, value in enumerate([0.1, 1.5, 1.2, 2.0, 0.1, 0.1, 0.1])
    ]
    assert phases == [[], [], ["new"], ["update"], ["update"], ["update"], ["end"]]


def test_the_peaks_message_comes_with_it() -> None:
    stream = EventStream("door", "b")
    region = SeenRegion((0.25, 0.5, 0.5, 0.75), 2.0, {"speed": 2.0}, "person")
    stream.take(scored(0, 2.0, picture=b"jpeg", regions=(region,), reason="Fast."), LEVEL)
    (new,) = stream.take(scored(1, 1.5), LEVEL).events
    assert new.peak is not None
    assert (new.peak.picture, new.peak_at, new.reason) == (b"jpeg", 100.0, "Fast.")
    assert new.regions[0].box == pytest.approx(region.box)
    assert new.regions[0].class_name == "person"
    (update,) = stream.take(scored(2, 1.9), LEVEL).events
    assert (update.peak, update.score, update.uid) == (None, 2.0, new.uid)


def test_what_was_taken_is_not_taken_again() -> None:
    stream = EventStream("door", "b")
    assert stream.take(scored(3, 0.1), LEVEL).new
    assert not stream.take(scored(3, 0.1), LEVEL).new
    assert not stream.take(scored(1, 0.1), LEVEL).new
    assert stream.take(scored(0, 0.1, session="t"), LEVEL).new
    assert not stream.take(scored(2, 0.1), LEVEL).new
    late = stream.take(scored(4, 9.0), LEVEL)
    assert (late.new, late.events) == (True, ())
    assert not stream.take(scored(4, 9.0), LEVEL).new


@pytest.mark.parametrize("change", [{"session": "t", "step": 0}, {"light": "infrared"}])
def test_another_session_or_light_ends_what_is_on(change: dict[str, object]) -> None:
    stream = EventStream("door", "b")
    for step in range(3):
        stream.take(scored(step, 2.0), LEVEL)
    given = {"camera": "door", "at": 100.3, "session": "s", "bundle": "b", "step": 3} | change
    (end,) = stream.take(Scored(score=2.0, **given), LEVEL).events  # type: ignore[arg-type]
    assert (end.phase, end.end, end.light, end.session) == ("end", 100.2, "day", "s")


def test_scores_that_were_lost_end_what_is_on() -> None:
    stream = EventStream("door", "b")
    for step in range(3):
        stream.take(scored(step, 2.0), LEVEL)
    assert stream.take(scored(6, 2.0, dropped=3), LEVEL).gaps == ()
    taken = stream.take(scored(10, 2.0), LEVEL)
    assert [one.phase for one in taken.events] == ["end"]
    assert taken.gaps == ((100.6, 101.0, LOST),)


def test_an_event_that_lasts_is_cut() -> None:
    found = ended(EventStream("door", "b", longest_s=1.0), [2.0] * 25)
    assert [(one.start, one.end) for one in found] == [
        (100.0, 101.0),
        (101.1, 102.1),
        (102.2, 102.4),
    ]
    assert len({one.uid for one in found}) == 3


def test_a_new_level_counts_once_nothing_is_on() -> None:
    stream = EventStream("door", "b")
    stream.take(scored(0, 2.0), LEVEL)
    higher = Level(3.0, 0.0, OPTIONS, "Raised.")
    (new,) = stream.take(scored(1, 2.0), higher).events
    assert (new.threshold, stream.level) == (1.0, LEVEL)
    for step in range(2, 8):
        stream.take(scored(step, 0.1), higher)
    assert stream.level == higher
    assert stream.take(scored(8, 2.0), higher).events == ()
    assert stream.take(scored(9, 2.0), higher).events == ()


def test_without_a_threshold_there_are_no_events() -> None:
    stream = EventStream("door", "b")
    none = Level(None)
    assert all(stream.take(scored(step, 9.0), none).events == () for step in range(5))
    assert stream.end().events == ()


def test_numbers_that_are_none_are_gaps() -> None:
    stream = EventStream("door", "b")
    stream.take(scored(0, math.nan), LEVEL)
    stream.take(scored(1, math.inf), LEVEL)
    assert stream.take(scored(2, 0.1), LEVEL).gaps == ((100.0, 100.1, NOT_A_NUMBER),)
    stream.take(scored(3, math.nan), LEVEL)
    assert stream.end().gaps == ((100.3, 100.3, NOT_A_NUMBER),)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_is_set_leaves_the_events_length(jump: float) -> None:
    stream = EventStream("door", "b")
    found: list[Found] = []
    for step in range(6):
        at = 100 + step / 10 + (jump if step > 2 else 0.0)
        found += stream.take(scored(step, 2.0, at=at), LEVEL).events
    found += stream.end().events
    assert found[-1].start == 100.0
    assert found[-1].end == pytest.approx(100.4)  # the step over the jump counts as none


def test_a_score_is_judged_as_it_is_stored() -> None:
    assert stored_score(0.1) == float(np.float32(0.1))
    assert all(math.isnan(stored_score(one)) for one in (None, math.nan, math.inf, 1e300))


def test_an_events_uid_follows_from_where_it_began() -> None:
    assert event_uid("door", "b", "s", 1) == event_uid("door", "b", "s", 1)
    assert len({event_uid("door", "b", "s", step) for step in range(100)}) == 100
    assert len(event_uid("door", "b", "s", 1)) == 32
