from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from awry.watch.messages import Scored
from awry.watch.site.model import Retention
from awry.watch.store import write
from awry.watch.store.calibrations import put_budget, put_drift
from awry.watch.store.database import Database
from awry.watch.store.files import put_file
from awry.watch.store.models import (
    BudgetRow,
    DriftRow,
    EventRow,
    FeedbackRow,
    FileRow,
    GapRow,
    ScoreRow,
    StateRow,
)
from awry.watch.store.read import event, footage
from awry.watch.store.results import Budget, Drift, StoredFootage
from awry.watch.store.retention import GIB, Retained, media_bytes, retain
from awry.watch.store.scores import add_scores
from stores import NOON, FakeDisk, a_clip, an_event

DAY = 86_400.0
PLENTY = {"days": 1e6, "gib": 1e6, "free_gib": 0.0, "scores_days": 1e6}


def limits(**more: float) -> Retention:
    return Retention(**{**PLENTY, **more})


def filled(database: Database, disk: FakeDisk, count: int = 6, size: int = 100) -> None:
    """Ended events, a day apart, the first at `NOON`; each with a clip."""
    with database.writing() as session:
        for number in range(count):
            clip = a_clip(number, bytes=size)
            put_file(database.layout, disk, clip.path, bytes(size))
            made = an_event(number, start=NOON + number * DAY, state="ended")
            write.put_event(session, made, 1.0)
            write.add_clip(session, "yard", clip, 1.0)


def kept(database: Database) -> list[int]:
    """Numbers of the events whose clips are in the ledger."""
    with database.reading() as session:
        rows = session.scalars(select(FileRow.event).order_by(FileRow.at)).all()
    return [int(uid, 16) for uid in rows]


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_media_go_by_days(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk)
    now = NOON + 5.5 * DAY
    assert retain(database, disk, limits(days=3), now) == Retained(3, 300)
    assert (kept(database), len(disk.files)) == ([3, 4, 5], 3)
    with database.reading() as session:
        old = event(session, an_event(0).uid)
        assert old is not None
        assert (old.media, old.clips) == ("expired", ())
    assert retain(database, disk, limits(days=3), now) == Retained()


def test_media_go_by_bytes_oldest_first(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk)
    assert retain(database, disk, limits(gib=350 / GIB), NOON) == Retained(3, 300)
    assert kept(database) == [3, 4, 5]
    with database.reading() as session:
        assert media_bytes(session) == 300


def test_media_go_by_free_space(database: Database) -> None:
    disk = FakeDisk(capacity=1000)
    filled(database, disk)
    assert retain(database, disk, limits(free_gib=550 / GIB), NOON) == Retained(2, 200)
    assert kept(database) == [2, 3, 4, 5]


def test_limits_are_not_added_up(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk)
    both = limits(days=3, gib=350 / GIB)
    assert retain(database, disk, both, NOON + 5.5 * DAY) == Retained(3, 300)


def test_what_people_marked_and_what_is_open_stays(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk)
    with database.writing() as session:
        write.pin(session, an_event(0).uid, True, 1.0)
        write.judge(session, an_event(1).uid, "abnormal", 1.0)
        write.judge(session, an_event(2).uid, "normal", 1.0)
        row = session.get(EventRow, an_event(3).uid)
        assert row is not None
        row.state = "open"
    done = retain(database, disk, limits(days=0.1, gib=1e-12), NOON + 100 * DAY)
    assert (done.files, done.short) == (3, 300 - int(1e-12 * GIB))
    assert kept(database) == [0, 1, 3]
    with database.writing() as session:
        write.pin(session, an_event(0).uid, False, 2.0)
    assert retain(database, disk, limits(days=0.1), NOON + 100 * DAY).files == 1


def test_work_comes_in_small_steps(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk, 10)
    now = NOON + 100 * DAY
    done = [retain(database, disk, limits(days=1), now, work=4) for _ in range(3)]
    assert [(one.files, one.more) for one in done] == [(4, True), (4, True), (2, False)]
    assert kept(database) == []


def test_footage_stays_until_a_detector_was_learned_from_it(database: Database) -> None:
    disk = FakeDisk()
    put_file(database.layout, disk, "footage/yard/1.mp4", bytes(100))
    with database.writing() as session:
        one = StoredFootage("yard", "footage/yard/1.mp4", NOON, NOON + 60, 100, "day")
        write.add_footage(session, one)
    now, tight = NOON + 31 * DAY, limits(days=30, gib=1e-12)
    assert retain(database, disk, tight, now) == Retained()
    with database.writing() as session:
        write.set_bundle(session, "yard", "b", method="daml", state="active", at=now)
    assert retain(database, disk, tight, now) == Retained(1, 100)
    with database.reading() as session:
        assert footage(session, "yard") == ()


def test_scores_and_rows_go_by_their_own_days_and_feedback_never(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk, 2)
    old, new = NOON, NOON + 100 * DAY
    with database.writing() as session:
        for at in (old, new):
            add_scores(session, [Scored("yard", at, "s", int(at), "b", 1.0)])
            write.add_gap(session, "yard", at, at + 1, "Away.")
            write.set_state(session, "yard", f"state {at:g}", at)
            put_drift(session, Drift("yard", int(at), "day", "b", 0.1, 0.1, 9), at)
        put_budget(session, Budget("yard", "2027-01-15", 1, 2.0, None), old)
        put_budget(session, Budget("yard", "2027-04-25", 1, 2.0, None), new)
        write.judge(session, an_event(0).uid, "normal", old)
    tables = (ScoreRow, GapRow, DriftRow, BudgetRow)
    now = new + DAY
    retain(database, disk, limits(days=30, scores_days=200), now)
    assert [count(database, one) for one in tables] == [2, 2, 2, 2]
    assert count(database, EventRow) == 2  # the rows of events last as long as scores
    assert retain(database, disk, limits(days=30, scores_days=60), now).rows > 0
    assert [count(database, one) for one in tables] == [1, 1, 1, 1]
    assert count(database, StateRow) == 1 + 1  # the old one lasted until the new one began
    with database.reading() as session:
        assert event(session, an_event(0).uid) is not None  # somebody judged it
        assert event(session, an_event(1).uid) is None
    assert count(database, FeedbackRow) == 1


def test_an_event_row_outlives_its_media(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk, 1)
    retain(database, disk, limits(days=400, scores_days=1), NOON + 100 * DAY)
    assert count(database, EventRow) == 1


def test_years_of_scores_go_an_hour_at_a_time(database: Database) -> None:
    disk = FakeDisk()
    base = NOON // 3600 * 3600
    with database.writing() as session:
        add_scores(session, [Scored("yard", base + n * 60, "s", n, "b", 1.0) for n in range(180)])
    later = limits(scores_days=1)
    done = [retain(database, disk, later, base + 9 * DAY, work=50).rows for _ in range(4)]
    assert done == [60, 60, 60, 0]
