"""The forecast of a disk on known growth."""

from __future__ import annotations

import pytest

from awry.watch.site.model import Retention
from awry.watch.store.database import Database
from awry.watch.store.forecast import DAY_S, GIB, Room, daily, forecast, growth, rooms
from awry.watch.store.models import FileRow
from stores import NOON


def fill(database: Database, days: int, a_day: int, *, camera: str = "yard") -> None:
    """A clip each day, so that they lie evenly in the last days."""
    with database.writing() as session:
        for day in range(days):
            at = NOON - (days - day) * DAY_S + 1
            path = f"media/{camera}/{day}.mp4"
            session.add(FileRow(path=path, camera=camera, kind="clip", bytes=a_day, at=at))


def test_growth_is_the_mean_of_known_days(database: Database) -> None:
    fill(database, 10, 3 * GIB)
    with database.reading() as session:
        assert growth(session, NOON) == pytest.approx(3 * GIB, rel=0.001)
        assert [size for _, size in daily(session, NOON)] == [3 * GIB] * 10
        assert daily(session, NOON)[-1][0] == NOON - DAY_S


def test_only_the_last_days_count_and_footage_and_garbage_do_not(database: Database) -> None:
    fill(database, 30, GIB)
    with database.writing() as session:
        for kind, state in (("footage", "kept"), ("clip", "garbage")):
            session.add(
                FileRow(path=kind, camera="a", kind=kind, bytes=GIB, at=NOON - 5, state=state)
            )
    with database.reading() as session:
        assert growth(session, NOON) == pytest.approx(GIB, rel=0.001)
        assert len(daily(session, NOON)) == 14


def test_days_without_clips_are_days(database: Database) -> None:
    with database.writing() as session:
        for day in (4.5, 0.5):
            at = NOON - day * DAY_S
            session.add(FileRow(path=str(day), camera="a", kind="clip", bytes=10, at=at))
    with database.reading() as session:
        assert [size for _, size in daily(session, NOON)] == [10, 0, 0, 0, 10]


def test_too_little_says_nothing(database: Database) -> None:
    with database.writing() as session:
        session.add(FileRow(path="a", camera="a", kind="clip", bytes=10, at=NOON - 3600))
    with database.reading() as session:
        assert growth(session, NOON) is None
    assert forecast(10, None, 10 * GIB, Retention()).by == "unknown"
    assert forecast(0, 0.0, 10 * GIB, Retention()).by == "unknown"


def test_the_disk_is_full_in_nine_days() -> None:
    found = forecast(3 * GIB, 2 * GIB, 20 * GIB, Retention(days=365, gib=1000, free_gib=2))
    assert (found.by, found.full_in, found.holds) == ("free", 9.0, 10.5)
    assert found.most == 21 * GIB


def test_retention_by_size_holds_some_days() -> None:
    found = forecast(40 * GIB, 8 * GIB, 900 * GIB, Retention(days=365, gib=100, free_gib=2))
    assert (found.by, found.full_in, found.holds) == ("gib", 7.5, 12.5)


def test_retention_by_days_is_met_first() -> None:
    found = forecast(5 * GIB, GIB, 900 * GIB, Retention(days=30, gib=100, free_gib=2))
    assert (found.by, found.most, found.holds) == ("days", 30 * GIB, 30.0)


def test_a_full_disk_is_full_now() -> None:
    found = forecast(10 * GIB, GIB, 1 * GIB, Retention(days=365, gib=1000, free_gib=2))
    assert (found.by, found.full_in, found.holds) == ("free", 0.0, 9.0)


def test_what_takes_the_room(database: Database) -> None:
    fill(database, 2, 100)
    fill(database, 3, 50, camera="door")
    with database.reading() as session:
        assert rooms(session) == [Room("yard", "clip", 2, 200), Room("door", "clip", 3, 150)]
