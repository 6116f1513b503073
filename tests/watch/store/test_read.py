from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store import write
from awry.watch.store.changes import add_change
from awry.watch.store.database import Database
from awry.watch.store.models import EventRow, FileRow
from awry.watch.store.read import (
    EventFilter,
    changes,
    clips_of,
    event,
    event_search,
    events,
    gaps,
    open_events,
    states,
)
from stores import NOON, a_clip, an_event

CAMERAS = ("gate", "hall", "yard")


def numbers(found: object) -> list[int]:
    return [int(one.uid, 16) for one in found]  # type: ignore[attr-defined]


def fill(session: Session, count: int) -> None:
    """Events of three cameras in turn, ten seconds apart, the first at `NOON`."""
    rows = []
    for number in range(count):
        made = an_event(number, start=NOON + 10 * number, camera=CAMERAS[number % 3])
        names = [name for name in made.__slots__ if name not in ("clips", "regions", "parts")]
        values = {name: getattr(made, name) for name in names}
        values.update(state="ended", told=number % 2 == 0, score=float(number % 7))
        rows.append({**values, "parts": {}, "regions": []})
    session.execute(insert(EventRow), rows)


def all_pages(session: Session, wanted: EventFilter, limit: int) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        page = events(session, wanted, limit=limit, cursor=cursor)
        assert len(page.events) <= limit
        found += numbers(page.events)
        cursor = page.next
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 30, 1000])
def test_pages_hold_every_event_once_newest_first(session: Session, limit: int) -> None:
    fill(session, 30)
    assert all_pages(session, EventFilter(), limit) == list(range(29, -1, -1))
    two = EventFilter(cameras=("yard", "gate", "yard"))
    assert all_pages(session, two, limit) == [n for n in range(29, -1, -1) if n % 3 != 1]


def test_events_of_the_same_moment_are_told_apart(session: Session) -> None:
    for number in (3, 1, 2):
        write.put_event(session, an_event(number, start=NOON), 1.0)
    assert all_pages(session, EventFilter(), 1) == [3, 2, 1]
    assert all_pages(session, EventFilter(cameras=("yard",)), 2) == [3, 2, 1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EventFilter(cameras=()), []),
        (EventFilter(cameras=("nobody",)), []),
        (EventFilter(since=NOON + 70, until=NOON + 90), [8, 7]),
        (EventFilter(told=False), [9, 7, 5, 3, 1]),
        (EventFilter(least=5.0), [6, 5]),
        (EventFilter(state="open"), []),
        (EventFilter(label="abnormal"), [4]),
        (EventFilter(label="none", since=NOON + 30, until=NOON + 60), [5, 3]),
        (EventFilter(pinned=True, shadow=None), [2]),
        (EventFilter(light="infrared"), []),
        (EventFilter(shadow=True), []),
    ],
)
def test_filters(session: Session, wanted: EventFilter, expected: list[int]) -> None:
    fill(session, 10)
    write.judge(session, f"{4:032x}", "abnormal", 1.0)
    write.pin(session, f"{2:032x}", True, 1.0)
    assert numbers(events(session, wanted).events) == expected


def test_events_of_a_detector_that_only_tries_are_asked_for(session: Session) -> None:
    write.put_event(session, an_event(1, shadow=True), 1.0)
    assert events(session).events == ()
    assert numbers(events(session, EventFilter(shadow=None)).events) == [1]


def test_wrong_limits_and_cursors_are_refused(session: Session) -> None:
    for limit in (0, 1001):
        with pytest.raises(InputError, match="expected 1 to 1000 events"):
            events(session, limit=limit)
    for cursor in ("next", "", "x_y"):
        with pytest.raises(InputError, match="expected `next` of the page before"):
            events(session, cursor=cursor)


@pytest.mark.parametrize("camera", [None, "yard"])
@pytest.mark.parametrize("place", [None, (NOON + 5e5, "f" * 32)])
def test_a_page_of_many_events_is_read_along_an_index(
    session: Session, camera: str | None, place: tuple[float, str] | None
) -> None:
    fill(session, 2000)
    session.execute(text("ANALYZE"))
    wanted = EventFilter(since=NOON, until=NOON + 1e6)
    search = event_search(wanted, camera, place).limit(51)
    compiled = search.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    plan = session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:"))).all()
    said = " ".join(row[3] for row in plan)
    assert re.search("USING INDEX event_(camera_)?start", said), said
    assert "TEMP B-TREE" not in said
    assert "SCAN event" not in said


def test_open_events_and_clips(session: Session) -> None:
    write.put_event(session, an_event(2), 1.0)
    write.put_event(session, an_event(1), 1.0)
    write.put_event(session, an_event(3, state="ended"), 1.0)
    write.add_clip(session, "yard", a_clip(1), 1.0)
    assert numbers(open_events(session)) == [1, 2]
    assert open_events(session, "gate") == ()
    row = session.get(FileRow, a_clip(1).path)
    assert row is not None
    row.state = "missing"
    session.flush()
    assert clips_of(session, [an_event(1).uid, "nobody"]) == {
        an_event(1).uid: (a_clip(1, there=False),)
    }
    assert event(session, "nobody") is None


def test_spans_that_reach_into_a_stretch(session: Session) -> None:
    for at, state in ((0.0, "connecting"), (10.0, "running"), (20.0, "stalled")):
        write.set_state(session, "yard", state, at)
    assert [one.kind for one in states(session, "yard", since=12.0)] == ["running", "stalled"]
    assert [one.kind for one in states(session, "yard", until=10.0)] == ["connecting"]
    write.add_gap(session, "yard", 5.0, 8.0, "Away.")
    assert len(gaps(session, "yard", since=8.0, until=9.0)) == 1
    assert gaps(session, "yard", since=8.5) == gaps(session, "yard", until=5.0) == ()


def test_changes_of_some_cameras(session: Session) -> None:
    for camera in ("yard", "gate", "yard"):
        add_change(session, 1.0, "state", camera, camera=camera)
    assert [one.id for one in changes(session, 0, cameras=["yard"])] == [1, 3]
    assert [one.id for one in changes(session, 1, limit=1)] == [2]
    assert changes(session, 3) == ()


def test_two_hundred_thousand_events_take_no_sorting(database: Database) -> None:
    """By the plan: the pages of a store of any size read as many rows as they show."""
    with database.reading() as session:
        search = event_search(EventFilter()).limit(50)
        compiled = search.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        (step,) = session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
    assert step[3] == "SCAN event USING INDEX event_start_uid"
