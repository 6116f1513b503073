from __future__ import annotations

import errno
from pathlib import Path

from sqlalchemy import select

from awry.watch.clock import ManualClock
from awry.watch.messages import FileWritten
from awry.watch.store import write
from awry.watch.store.database import Database
from awry.watch.store.files import put_file
from awry.watch.store.models import FileRow
from awry.watch.store.read import clips_of, event, footage
from awry.watch.store.reconcile import (
    LOOKS_S,
    PATIENCE_S,
    Difference,
    Sweeper,
    differences,
    reconcile,
)
from stores import FakeDisk, a_clip, an_event

AGREED = Difference((), (), (), (), (), ())
CLIP = a_clip(1).path


def with_clip(database: Database, disk: FakeDisk) -> None:
    put_file(database.layout, disk, CLIP, bytes(100))
    with database.writing() as session:
        write.put_event(session, an_event(1, state="ended"), 1.0)
        write.add_clip(session, "yard", a_clip(1), 1.0)


def place(database: Database, path: str) -> Path:
    return database.layout.root / path


def again_nothing(database: Database, disk: FakeDisk) -> None:
    before = dict(disk.files)
    second = reconcile(database, disk, 9.0, alone=True)
    assert (second.found, second.adopted, second.quarantined) == (AGREED, (), ())
    assert second.said == ()
    assert disk.files == before


def test_two_sides_that_agree_stay(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    assert differences(database, disk) == AGREED
    again_nothing(database, disk)


def test_a_file_that_is_gone_is_marked_and_taken_back_when_it_returns(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    data = disk.files.pop(place(database, CLIP))  # e.g. the disk of the media is not mounted
    done = reconcile(database, disk, 2.0, alone=True)
    assert done.found.missing == (CLIP,)
    assert done.said == ("1 known files are not there; their rows are marked.",)
    with database.reading() as session:
        (clip,) = clips_of(session, [an_event(1).uid])[an_event(1).uid]
        assert not clip.there
        row = session.get(FileRow, CLIP)
        assert row is not None
        assert row.note == "The file is not there."
    again_nothing(database, disk)
    disk.files[place(database, CLIP)] = data
    assert reconcile(database, disk, 3.0, alone=False).found.back == (CLIP,)
    with database.reading() as session:
        (clip,) = clips_of(session, [an_event(1).uid])[an_event(1).uid]
        assert clip.there
    again_nothing(database, disk)


def test_a_file_of_another_size_is_said(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    disk.files[place(database, CLIP)] = bytes(60)
    assert reconcile(database, disk, 2.0, alone=False).found.resized == ((CLIP, 60),)
    with database.reading() as session:
        row = session.get(FileRow, CLIP)
        assert row is not None
        assert (row.bytes, row.note) == (60, "The file has 60 bytes instead of 100.")
    again_nothing(database, disk)


def test_a_clip_of_a_known_event_is_adopted(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    second = a_clip(1, 1).path
    put_file(database.layout, disk, second, bytes(77))
    picture = f"media/yard/2027-01-15/{an_event(1).uid}.jpg"
    put_file(database.layout, disk, picture, bytes(7))
    done = reconcile(database, disk, 2.0, alone=True)
    assert set(done.adopted) == {second, picture}
    with database.reading() as session:
        kept = event(session, an_event(1).uid)
        assert kept is not None
        assert [(clip.part, clip.bytes, clip.there) for clip in kept.clips] == [
            (0, 100, True),
            (1, 77, True),
        ]
        assert (kept.clips[1].start, kept.clips[1].end) == (kept.start, kept.end)
        assert kept.clips[1].note == "Found at a start; its times are the event's."
        row = session.get(FileRow, picture)
        assert row is not None
        assert (row.kind, row.event) == ("picture", kept.uid)
    again_nothing(database, disk)


def test_a_file_that_says_what_it_is_is_believed(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    names = {"media/yard/x.mp4": "clip", "footage/yard/7.mp4": "footage", "media/yard/y": "clip"}
    for path in names:
        put_file(database.layout, disk, path, bytes(9))

    def describe(place: Path) -> FileWritten:
        kind = "footage" if "footage" in place.parts else "clip"
        event = an_event(1 if place.suffix else 2).uid  # of the second there is no event
        return FileWritten(
            "u", "yard", kind, "", 5.0, 8.0, 0, "hevc", event, 3, note="Its end was lost."
        )

    done = reconcile(database, disk, 2.0, alone=True, describe=describe)
    assert set(done.adopted) == {"media/yard/x.mp4", "footage/yard/7.mp4"}
    assert done.quarantined == ("quarantine/media/yard/y",)
    with database.reading() as session:
        clip = clips_of(session, [an_event(1).uid])[an_event(1).uid][-1]
        assert (clip.part, clip.start, clip.end, clip.codec) == (3, 5.0, 8.0, "hevc")
        assert (clip.note, clip.bytes) == ("Its end was lost.", 9)
        assert [one.path for one in footage(session, "yard")] == ["footage/yard/7.mp4"]
    again_nothing(database, disk)


def test_what_nobody_knows_is_moved_never_deleted(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    strange = f"media/yard/2027-01-15/{an_event(7).uid}-0.mp4"
    for content in (b"first", b"second"):
        put_file(database.layout, disk, strange, content)
        assert len(reconcile(database, disk, 2.0, alone=True).quarantined) == 1
    folder = database.layout.quarantine
    kept = {path.name: data for path, data in disk.files.items() if folder in path.parents}
    name = Path(strange).name
    assert kept == {name: b"first", f"1-{name}": b"second"}
    again_nothing(database, disk)


def test_beside_others_an_unknown_file_may_be_a_fresh_one(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    put_file(database.layout, disk, "media/yard/new.mp4", b"new")
    disk.files[place(database, "media/yard/half.mp4.part")] = b"half"
    before = dict(disk.files)
    done = reconcile(database, disk, 2.0, alone=False)
    assert (done.found.unknown, done.found.parts) == (
        *(("media/yard/new.mp4",),),
        ("media/yard/half.mp4.part",),
    )
    assert disk.files == before
    assert reconcile(database, disk, 2.0, alone=True).quarantined != ()
    assert disk.files[place(database, "media/yard/half.mp4.part")] == b"half"


def test_what_cannot_be_moved_is_said(database: Database) -> None:
    disk = FakeDisk()
    put_file(database.layout, disk, "media/yard/new.mp4", b"new")
    disk.failing = OSError(errno.EXDEV, "Invalid cross-device link")
    done = reconcile(database, disk, 2.0, alone=True)
    assert done.left == ("media/yard/new.mp4",)
    assert done.said == ("1 unknown files could not be moved.",)


def test_deletions_are_finished(database: Database) -> None:
    disk = FakeDisk()
    with_clip(database, disk)
    with database.writing() as session:
        row = session.get(FileRow, CLIP)
        assert row is not None
        row.state = "garbage"
    done = reconcile(database, disk, 2.0, alone=False)
    assert (done.found.garbage, disk.files) == ((CLIP,), {})
    assert done.said == ("1 deletions were finished.",)
    with database.reading() as session:
        assert session.scalars(select(FileRow.path)).all() == []


def test_a_running_site_sorts_what_stays_unknown(database: Database) -> None:
    disk, clock = FakeDisk(), ManualClock()
    sweeper = Sweeper(database, disk, clock)
    put_file(database.layout, disk, "media/yard/old.jpg", b"old")
    first = sweeper.step()
    assert first is not None
    assert (first.found.unknown, first.quarantined) == (("media/yard/old.jpg",), ())
    clock.advance(PATIENCE_S - 1)
    assert sweeper.step() is None
    put_file(database.layout, disk, "media/yard/fresh.jpg", b"fresh")
    disk.files[place(database, "media/yard/half.mp4.part")] = b"half"
    clock.advance(1)
    second = sweeper.step()
    assert second is not None
    assert second.quarantined == ("quarantine/media/yard/old.jpg",)
    clock.advance(PATIENCE_S)
    assert sweeper.step() is None
    with database.writing() as session:  # meanwhile the row of the fresh one has come
        names = {"camera": "yard", "kind": "picture", "at": 1.0}
        write.add_file(session, "media/yard/fresh.jpg", size=5, **names)  # type: ignore[arg-type]
    clock.advance(LOOKS_S)
    third = sweeper.step()
    assert third is not None
    assert third.quarantined == third.found.unknown == ()
    assert disk.files[place(database, "media/yard/half.mp4.part")] == b"half"
