"""Backups in the store: listed, checked, given out, removed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.errors import InputError
from awry.watch.store import backups, write
from awry.watch.store.backup import copied
from awry.watch.store.database import Database
from awry.watch.store.disk import RealDisk
from awry.watch.store.files import put_file
from stores import NOON, a_clip, a_store, an_event


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Database]:
    """A store with a clip, and a backup of it."""
    database = a_store(tmp_path)
    put_file(database.layout, RealDisk(), a_clip(1).path, bytes(1000))
    with database.writing() as session:
        write.put_event(session, an_event(1, state="ended"), 1.0)
        write.add_clip(session, "yard", a_clip(1), 1.0)
    copied(database, database.layout.backups / "monday")
    yield database
    database.close()


def test_names_follow_the_sites_clock(filled: Database) -> None:
    layout = filled.layout
    name = backups.new_name(layout, NOON, "Europe/Vienna")
    assert name == "backup-2027-01-15-0900"
    copied(filled, layout.backups / name)
    assert backups.new_name(layout, NOON, "Europe/Vienna") == f"{name}-2"


def test_listed_with_what_they_take(filled: Database) -> None:
    layout = filled.layout
    (layout.backups / "awry-0001.db").write_bytes(b"x" * 10)
    (layout.backups / "notes.txt").write_text("no backup")
    (layout.backups / "empty").mkdir()
    found = {one.name: one for one in backups.backups(layout)}
    assert found.keys() == {"monday", "awry-0001.db"}
    monday = found["monday"]
    assert (monday.kind, monday.files) == ("store", 2)
    # The clip is a link to the store's: only the database takes further room.
    assert monday.bytes - monday.own_bytes == 1000
    assert found["awry-0001.db"].kind == "database"


def test_a_sound_one_and_what_is_wrong_with_others(filled: Database) -> None:
    layout = filled.layout
    found = backups.check(layout, "monday")
    assert (found.sound, found.said, found.files, found.missing) == (True, (), 1, 0)
    next((layout.backups / "monday" / "media").rglob("*.mp4")).unlink()
    lost = backups.check(layout, "monday")
    assert (lost.sound, lost.missing) == (True, 1)
    (layout.backups / "monday" / "awry.db").write_bytes(b"no database at all" * 100)
    assert not backups.check(layout, "monday").sound
    (layout.backups / "monday" / "awry.db").unlink()
    assert backups.check(layout, "monday").said == ("It holds no database.",)


@pytest.mark.parametrize("name", ["..", ".", "../media", "none", "", "a/b", "x\0", ".hidden"])
def test_no_way_out_of_the_folder(filled: Database, name: str) -> None:
    for what in (backups.check, backups.remove, backups.packed, backups.place_of):
        with pytest.raises(InputError):
            what(filled.layout, name)
    assert filled.layout.media.is_dir()


def test_a_link_is_none(filled: Database) -> None:
    (filled.layout.backups / "link").symlink_to(filled.layout.root)
    assert [one.name for one in backups.backups(filled.layout)] == ["monday"]
    with pytest.raises(InputError):
        backups.remove(filled.layout, "link")


def test_given_out_whole_and_without_clips(filled: Database) -> None:
    layout = filled.layout
    data = b"".join(backups.packed(layout, "monday"))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = {one.name for one in archive.getmembers()}
        assert names == {"monday/awry.db", f"monday/{a_clip(1).path}"}
        member = archive.extractfile("monday/awry.db")
        assert member is not None
        assert member.read() == (layout.backups / "monday" / "awry.db").read_bytes()
        assert all(one.isreg() and one.uname == "" for one in archive.getmembers())
    small = b"".join(backups.packed(layout, "monday", media=False))
    with tarfile.open(fileobj=io.BytesIO(small)) as archive:
        assert archive.getnames() == ["monday/awry.db"]


def test_removed(filled: Database) -> None:
    backups.remove(filled.layout, "monday")
    assert backups.backups(filled.layout) == ()
    assert list(filled.layout.backups.iterdir()) == []
    assert next(filled.layout.media.rglob("*.mp4")).stat().st_size == 1000
