from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from awry.errors import InputError, WriteError
from awry.progress import Silent
from awry.watch.messages import Scored
from awry.watch.store import backup as module
from awry.watch.store import write
from awry.watch.store.backup import backup
from awry.watch.store.database import Database
from awry.watch.store.disk import RealDisk
from awry.watch.store.files import put_file
from awry.watch.store.fsck import fsck
from awry.watch.store.listing import list_events
from awry.watch.store.scores import add_scores
from stores import NOON, a_clip, a_site, a_store, an_event


def filled(folder: Path) -> Database:
    """A store that is being written: two events with clips, scores, a detector."""
    database = a_store(folder)
    for number in (1, 2):
        put_file(database.layout, RealDisk(), a_clip(number).path, bytes(100))
    (database.layout.bundles / "yard" / "1").mkdir(parents=True)
    (database.layout.bundles / "yard" / "1" / "weights").write_text("w")
    with database.writing() as session:
        for number in (1, 2):
            write.put_event(session, an_event(number, state="ended"), 1.0)
            write.add_clip(session, "yard", a_clip(number), 1.0)
        add_scores(session, [Scored("yard", NOON, "s", 1, "b", 2.0)])
    return database


class Counted(Silent):
    steps = 0

    def advance(self, figures: Any = None, title: str = "") -> None:
        self.steps += 1


def test_a_copy_is_a_store_of_its_own(tmp_path: Path) -> None:
    database, reporter = filled(tmp_path), Counted()
    to = tmp_path / "backups" / "monday"
    with database.writing() as session:  # also while the keeper is at work
        write.put_event(session, an_event(3), 1.0)
        done = backup(a_site(tmp_path), to, reporter=reporter)
    assert (done.path, done.files, done.bytes, done.missing) == (to, 2, 200, ())
    assert done.linked == 2
    assert reporter.steps == 2
    copied = a_site(tmp_path).model_copy(update={"store": to})
    assert fsck(copied).sound
    assert list_events(copied).events == list_events(a_site(tmp_path)).events[1:]
    assert (to / "bundles" / "yard" / "1" / "weights").read_text() == "w"
    assert not (to / "watch.lock").exists()
    database.close()


def test_the_copy_outlives_what_the_store_deletes(tmp_path: Path) -> None:
    database = filled(tmp_path)
    backup(a_site(tmp_path), tmp_path / "to")
    (database.layout.root / a_clip(1).path).unlink()
    assert (tmp_path / "to" / a_clip(1).path).read_bytes() == bytes(100)
    database.close()


def test_files_are_copied_where_they_cannot_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path).close()

    def other_disk(*_words: object, **_more: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    done = backup(a_site(tmp_path), tmp_path / "to")
    assert (done.files, done.linked) == (2, 0)
    assert (tmp_path / "to" / a_clip(1).path).stat().st_nlink == 1


def test_a_file_that_is_missing_is_marked_in_the_copy(tmp_path: Path) -> None:
    database = filled(tmp_path)
    (database.layout.root / a_clip(2).path).unlink()
    done = backup(a_site(tmp_path), tmp_path / "to")
    assert (done.files, done.missing) == (1, (a_clip(2).path,))
    copied = a_site(tmp_path).model_copy(update={"store": tmp_path / "to"})
    assert fsck(copied).sound
    assert [clip.there for one in list_events(copied).events for clip in one.clips] == [False, True]
    database.close()


@pytest.mark.parametrize("place", ["store", "store/backup", "store/../store/x", "."])
def test_a_backup_never_lies_in_its_store_or_around_it(tmp_path: Path, place: str) -> None:
    filled(tmp_path).close()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(WriteError, match=r"lie in each other"):
        backup(a_site(tmp_path), tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    filled(tmp_path).close()
    to = tmp_path / "to"
    to.mkdir()
    with pytest.raises(WriteError, match="is there already; a backup never overwrites"):
        backup(a_site(tmp_path), to)
    with pytest.raises(InputError, match="holds no database yet"):
        backup(a_site(tmp_path / "elsewhere"), tmp_path / "new")


def test_a_disk_that_fills_up_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path).close()

    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "copy_sqlite", full)
    with pytest.raises(WriteError, match="No space left on device"):
        backup(a_site(tmp_path), tmp_path / "to")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
