from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.watch.courier.store_view import StoreView
from awry.watch.store.calibrations import put_budget
from awry.watch.store.database import Database, open_database
from awry.watch.store.layout import Layout
from awry.watch.store.outbox import add_outbox, set_delivered
from awry.watch.store.results import Budget
from awry.watch.store.write import put_event, set_cameras, set_flag, set_state
from watch_courier import NOW, stored


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_database(Layout(tmp_path))
    yield found
    found.close()


def test_rows_wait_for_their_receiver_whether_due_or_not(database: Database) -> None:
    with database.writing() as session:
        for subject in ("a", "b", "c"):
            add_outbox(session, "webhook", "shop", subject, "new", {"x": 1}, NOW)
        number = add_outbox(session, "notify", "me", "a", "new", {}, NOW)
        assert number is not None
        set_delivered(session, 1, error="No.", retry_at=NOW + 1e6)
        set_delivered(session, 2)
    view = StoreView(database)
    assert [one.subject for one in view.waiting("webhook", "shop", 10)] == ["a", "c"]
    assert [one.subject for one in view.waiting("webhook", "shop", 1)] == ["a"]
    assert view.waiting("webhook", "shop", 10)[0].attempts == 1
    assert sorted(view.targets()) == [("notify", "me"), ("webhook", "shop")]


def test_events_that_are_there(database: Database) -> None:
    with database.writing() as session:
        put_event(session, stored("e1"), NOW)
    found = StoreView(database).events(["e1", "gone"])
    assert list(found) == ["e1"]
    assert found["e1"].reason == stored().reason


def test_cameras_as_they_are_now(database: Database) -> None:
    with database.writing() as session:
        set_cameras(session, {"front", "yard"}, NOW)
        set_state(session, "front", "running", NOW)
        set_flag(session, "front", "dark", True, NOW)
        put_event(session, stored("e1", start=NOW - 50, end=NOW - 40), NOW)
        put_event(session, stored("e2", state="open", annotated="a.jpg"), NOW)
        put_event(session, stored("e3", start=NOW + 1, told=False), NOW)
        put_budget(session, Budget("front", "2027-01-15", 2, 3.0, None), NOW)
        put_budget(session, Budget("yard", "2027-01-14", 9, 3.0, None), NOW)
    front, yard = StoreView(database).cameras(NOW, "UTC")
    assert (front.camera.state, front.camera.flags, front.alarm) == ("running", ("dark",), True)
    assert front.last is not None
    assert front.last.uid == "e2"
    assert front.budget is not None
    assert front.budget.alarms == 2
    assert (yard.alarm, yard.last) == (False, None)
    assert yard.budget == Budget("yard", "2027-01-15", 0, 3.0, None), "a new day"
    with database.writing() as session:
        set_cameras(session, {"front"}, NOW + 1)
    assert StoreView(database).cameras(NOW, "UTC")[1].camera.removed == NOW + 1
