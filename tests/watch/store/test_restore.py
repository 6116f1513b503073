"""A backup takes the store's place, whole, and whenever the one who does it dies."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from awry.errors import InputError
from awry.watch.store import backups, restore, write
from awry.watch.store.backup import copied
from awry.watch.store.database import open_database
from awry.watch.store.disk import RealDisk
from awry.watch.store.files import put_file
from awry.watch.store.fsck import fsck
from awry.watch.store.layout import Layout
from awry.watch.store.models import EventRow
from awry.watch.store.restore import Wish, drop_wish, restore_if_wished, wish, wished
from stores import NOON, a_clip, a_site, a_store, an_event


class Died(BaseException):
    """The process was killed."""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A store with two events, whose backup `monday` has the first one alone."""
    database = a_store(tmp_path)
    for number in (1, 2):
        put_file(database.layout, RealDisk(), a_clip(number).path, bytes(100))
        with database.writing() as session:
            write.put_event(session, an_event(number, state="ended"), 1.0)
            write.add_clip(session, "yard", a_clip(number), 1.0)
        if number == 1:
            copied(database, database.layout.backups / "monday")
    database.close()
    return database.layout


def events(layout: Layout) -> list[str]:
    database = open_database(layout)
    try:
        with database.reading() as session:
            return list(session.scalars(select(EventRow.uid).order_by(EventRow.uid)))
    finally:
        database.close()


def ask(layout: Layout) -> None:
    wish(layout, Wish("monday", "anna", NOON))


FIRST, BOTH = [an_event(1).uid], [an_event(1).uid, an_event(2).uid]


def test_nothing_is_restored_unless_somebody_asked(layout: Layout) -> None:
    assert restore_if_wished(layout, NOON) is None
    ask(layout)
    assert wished(layout) == Wish("monday", "anna", NOON)
    assert drop_wish(layout)
    assert not drop_wish(layout)
    assert restore_if_wished(layout, NOON) is None
    assert events(layout) == BOTH


def test_the_backup_takes_the_stores_place_and_back(layout: Layout, tmp_path: Path) -> None:
    before = (layout.backups / "monday" / "awry.db").read_bytes()
    ask(layout)
    done = restore_if_wished(layout, NOON)
    assert done is not None
    assert (done.done, done.before) == (True, "before-restore-2027-01-15-0800")
    assert events(layout) == FIRST
    assert fsck(a_site(tmp_path).model_copy(update={"store": layout.root})).sound
    assert not (layout.media.parent / a_clip(2).path).exists()
    # The backup is as it was, though the store was opened and written since.
    assert (layout.backups / "monday" / "awry.db").read_bytes() == before
    assert restore_if_wished(layout, NOON) is None
    # What was there before is a backup like any other.
    assert backups.check(layout, done.before).sound
    wish(layout, Wish(done.before, "anna", NOON))
    assert restore_if_wished(layout, NOON + 120) is not None
    assert events(layout) == BOTH


def test_a_log_of_changes_never_meets_another_database(layout: Layout) -> None:
    (layout.root / "awry.db-wal").write_bytes(b"of before")
    ask(layout)
    done = restore_if_wished(layout, NOON)
    assert done is not None
    assert not (layout.root / "awry.db-wal").exists()
    assert (layout.backups / done.before / "awry.db-wal").read_bytes() == b"of before"
    assert events(layout) == FIRST


@pytest.mark.parametrize("death", range(14))
def test_whenever_it_dies_the_next_start_goes_on(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, death: int
) -> None:
    ask(layout)
    steps = 0

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps > death:
                raise Died
            return real(*given, **named)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dying(Path.rename))
        patched.setattr(Path, "unlink", dying(Path.unlink))
        patched.setattr(shutil, "copy2", dying(shutil.copy2))
        patched.setattr(shutil, "rmtree", dying(shutil.rmtree))
        patched.setattr(restore, "sync", dying(restore.sync))
        with contextlib.suppress(Died):
            restore_if_wished(layout, NOON)
    restore_if_wished(layout, NOON + 60)
    assert events(layout) == FIRST
    assert not layout.restore.exists()
    assert not (layout.root / ".restoring").exists()
    (kept,) = [one.name for one in backups.backups(layout) if one.name.startswith("before")]
    wish(layout, Wish(kept, "anna", NOON))
    restore_if_wished(layout, NOON + 120)
    assert events(layout) == BOTH


def test_what_cannot_be_restored_is_refused(layout: Layout) -> None:
    (layout.backups / "awry-0001.db").write_bytes(b"x")
    (layout.backups / "broken").mkdir()
    (layout.backups / "broken" / "awry.db").write_bytes(b"no database" * 99)
    for name in ("awry-0001.db", "broken", "none", "../media"):
        with pytest.raises(InputError):
            wish(layout, Wish(name, "anna", NOON))
    assert wished(layout) is None


@pytest.mark.parametrize("how", ["gone", "broken", "nonsense", "foreign"])
def test_a_wish_that_went_bad_leaves_the_store(layout: Layout, how: str) -> None:
    ask(layout)
    if how == "gone":
        backups.remove(layout, "monday")
    elif how == "broken":
        (layout.backups / "monday" / "awry.db").write_bytes(b"no database" * 99)
    elif how == "nonsense":
        layout.restore.write_text('{"backup": ["../.."]}')
    done = restore_if_wished(layout, NOON, foreign=how == "foreign")
    assert done is not None
    assert not done.done
    assert done.said.startswith("Nothing was restored: ")
    assert events(layout) == BOTH
    assert not layout.restore.exists()
