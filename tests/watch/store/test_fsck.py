from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from awry.errors import InputError
from awry.watch.store import write
from awry.watch.store.database import open_database
from awry.watch.store.disk import RealDisk
from awry.watch.store.files import put_file
from awry.watch.store.fsck import Checked, Finding, fsck
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold
from awry.watch.store.models import FileRow
from stores import a_clip, a_site, a_store, an_event


def kinds(findings: Sequence[Finding]) -> list[str]:
    return sorted(one.kind for one in findings)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A store with an event whose clip is there, and one whose clip is not."""
    database = a_store(tmp_path)
    put_file(database.layout, RealDisk(), a_clip(1).path, bytes(100))
    with database.writing() as session:
        for number in (1, 2):
            write.put_event(session, an_event(number, state="ended"), 1.0)
        write.add_clip(session, "yard", a_clip(1), 1.0)
    database.close()
    return database.layout


def spoil(layout: Layout) -> None:
    """One fault of each kind."""
    database = open_database(layout)
    with database.writing() as session:
        write.add_clip(session, "yard", a_clip(2), 1.0)
        write.put_event(session, an_event(3), 1.0)
        write.set_bundle(session, "yard", "bundles/gone", method="daml", state="active", at=1.0)
        names = {"camera": "yard", "at": 1.0, "size": 5}
        for name in ("garbage", "back"):
            write.add_file(session, f"media/yard/{name}", kind="picture", **names)  # type: ignore[arg-type]
        for name, state in (("garbage", "garbage"), ("back", "missing")):
            row = session.get(FileRow, f"media/yard/{name}")
            assert row is not None
            row.state = state
    database.close()
    for name in ("garbage", "back", "unknown.jpg", "half.mp4.part"):
        put_file(layout, RealDisk(), f"media/yard/{name}", bytes(5))
    (layout.root / a_clip(1).path).write_bytes(bytes(3))


ALL = ["back", "bundle", "garbage", "missing", "open", "part", "resized", "unknown"]


def test_a_sound_store_is_sound(layout: Layout, tmp_path: Path) -> None:
    assert fsck(a_site(tmp_path)) == Checked((), running=False)
    assert fsck(a_site(tmp_path)).sound


def test_every_fault_is_said_and_nothing_is_touched(layout: Layout, tmp_path: Path) -> None:
    spoil(layout)
    before = sorted(RealDisk().walk(layout.media))
    found = fsck(a_site(tmp_path))
    assert kinds(found.findings) == ALL
    assert not found.sound
    said = {one.kind: one.said for one in found.findings}
    assert said["missing"] == f"{a_clip(2).path} is in the ledger, but not on the disk."
    assert said["unknown"] == "media/yard/unknown.jpg is on the disk, but not in the ledger."
    assert fsck(a_site(tmp_path)) == found
    assert sorted(RealDisk().walk(layout.media)) == before


def test_a_repair_leaves_what_only_people_can_mend(layout: Layout, tmp_path: Path) -> None:
    spoil(layout)
    done = fsck(a_site(tmp_path), repair=True)
    assert kinds(done.findings) == ALL
    assert done.repaired is not None
    assert done.repaired.quarantined == ("quarantine/media/yard/unknown.jpg",)
    again = fsck(a_site(tmp_path))
    assert kinds(again.findings) == ["bundle", "part"]
    assert (layout.quarantine / "media" / "yard" / "unknown.jpg").read_bytes() == bytes(5)


def test_beside_a_running_site_fresh_files_are_no_fault(layout: Layout, tmp_path: Path) -> None:
    spoil(layout)
    with hold(layout):
        found = fsck(a_site(tmp_path))
        assert found.running
        assert kinds(found.findings) == ["back", "bundle", "missing", "resized"]
        with pytest.raises(InputError, match="another `awry watch` runs"):
            fsck(a_site(tmp_path), repair=True)


def test_damage_of_the_database_is_said(layout: Layout, tmp_path: Path) -> None:
    with closing(sqlite3.connect(layout.database)) as connection:
        connection.execute("INSERT INTO clip SELECT 9, 'nobody', 0, 'p', 1, 2, 3, '', ''")
        connection.commit()
    (found,) = fsck(a_site(tmp_path)).findings
    assert (found.kind, found.subject) == ("database", "awry.db")
    assert found.said == "A row of table clip refers to one that is not there."


def test_a_database_with_broken_pages_is_said(layout: Layout, tmp_path: Path) -> None:
    data = bytearray(layout.database.read_bytes())
    data[4096 * 3 :] = b"\xff" * (len(data) - 4096 * 3)
    layout.database.write_bytes(data)
    with pytest.raises(InputError, match=r"malformed.*go back to a backup"):
        fsck(a_site(tmp_path))


def test_no_database_is_made_by_looking(tmp_path: Path) -> None:
    for repair in (False, True):
        with pytest.raises(InputError, match="holds no database yet"):
            fsck(a_site(tmp_path), repair=repair)
    assert list(tmp_path.iterdir()) == []
