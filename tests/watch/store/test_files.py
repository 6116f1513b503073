from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from awry.errors import InputError
from awry.watch.store import write
from awry.watch.store.database import Database
from awry.watch.store.files import collect_garbage, delete_files, file_place, put_file
from awry.watch.store.layout import Layout
from awry.watch.store.models import FileRow
from awry.watch.store.read import event, footage
from awry.watch.store.results import StoredFootage
from stores import Dead, FakeDisk, a_clip, an_event

PICTURE = "media/yard/2027-01-15/a.jpg"


def filled(database: Database, disk: FakeDisk) -> None:
    """An event with a picture and a clip, and footage; all on the disk."""
    layout = database.layout
    size = put_file(layout, disk, PICTURE, b"picture")
    for path in (a_clip(1).path, "footage/yard/1.mp4"):
        put_file(layout, disk, path, bytes(100))
    with database.writing() as session:
        made = an_event(1, picture=PICTURE, state="ended")
        write.put_event(session, made, 1.0)
        write.add_file(
            session,
            PICTURE,
            camera="yard",
            kind="picture",
            size=size,
            at=made.start,
            event=made.uid,
        )
        write.add_clip(session, "yard", a_clip(1), 1.0)
        write.add_footage(session, StoredFootage("yard", "footage/yard/1.mp4", 1, 2, 100, "day"))


def ledger(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return dict(session.execute(select(FileRow.path, FileRow.state)).all())


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../media/a", "media/../../a", "media", "awry.db", "bundles/a/b", ""),
        *("media\\..\\a", "quarantine/a"),
    ],
)
def test_only_media_are_reached(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="is no media file of a store"):
        file_place(Layout(tmp_path), path)


def test_a_file_is_never_half_written_under_its_name(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for death in range(1, 8):
        ticks = iter(range(100))

        def tick(death: int = death, ticks: object = ticks) -> None:
            if next(ticks) == death:  # type: ignore[call-overload]
                raise Dead

        disk = FakeDisk(tick=tick)
        with suppress(Dead):
            put_file(layout, disk, PICTURE, b"12345678")
        assert disk.files.get(tmp_path / PICTURE, b"12345678") == b"12345678"
    full = FakeDisk(capacity=3)
    with pytest.raises(OSError, match="No space"):
        put_file(layout, full, PICTURE, b"12345678")
    assert full.files == {}


def test_deleting_takes_what_refers_to_a_file_along(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk)
    assert delete_files(database, disk, [PICTURE, "media/nobody"]) == 7
    with database.reading() as session:
        kept = event(session, an_event(1).uid)
        assert kept is not None
        assert (kept.picture, kept.media, len(kept.clips)) == ("", "kept", 1)
    assert delete_files(database, disk, [a_clip(1).path, "footage/yard/1.mp4"]) == 200
    with database.reading() as session:
        gone = event(session, an_event(1).uid)
        assert gone is not None
        assert (gone.media, gone.clips, footage(session, "yard")) == ("expired", (), ())
    assert (ledger(database), disk.files) == ({}, {})
    assert delete_files(database, disk, []) == 0


def test_what_cannot_be_deleted_now_is_deleted_later(database: Database) -> None:
    disk = FakeDisk()
    filled(database, disk)
    disk.failing = OSError(errno.EIO, "Input/output error")
    assert delete_files(database, disk, [PICTURE]) == 0
    assert ledger(database)[PICTURE] == "garbage"
    disk.failing = None
    assert collect_garbage(database, disk) == 7
    assert PICTURE not in ledger(database)
    assert collect_garbage(database, disk) == 0
