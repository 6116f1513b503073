"""Whatever dies between two steps: the next start finds a store of which nothing told is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.watch.site.model import Retention
from awry.watch.store import write
from awry.watch.store.changes import first_time
from awry.watch.store.database import Database, open_database
from awry.watch.store.feedback import judgements
from awry.watch.store.files import PART, delete_files, put_file
from awry.watch.store.models import EventRow, FileRow
from awry.watch.store.outbox import add_outbox, outbox_due
from awry.watch.store.read import changes, event
from awry.watch.store.reconcile import Difference, reconcile
from awry.watch.store.results import StoredClip
from awry.watch.store.retention import retain
from stores import Dead, FakeDisk, MortalDatabase, a_clip, a_store, an_event, quick

AGREED = Difference((), (), (), (), (), ())
SIZE = 100


@dataclass
class Life:
    """A keeper and an ingest process that do what they are told, until they die.

    Attributes:
        told: messages that were answered, and whether they changed something.
        deleted: paths that were to be deleted.
    """

    database: Database
    disk: FakeDisk
    told: dict[tuple[str, int], bool] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def do(self, action: str, number: int) -> None:
        """Do one thing to the event of a number."""
        paths = (clip_of(number).path, picture_of(number))
        if action == "delete":
            self.deleted |= set(paths)
            delete_files(self.database, self.disk, paths)
        elif action == "retain":
            self._retain()
        else:
            for kind, path in zip(("clip", "new"), paths, strict=True):
                if action == kind:
                    put_file(self.database.layout, self.disk, path, bytes(SIZE))
            self._message(action, number)

    def _message(self, action: str, number: int) -> None:
        """Do a message once; its sender hears of it only after that."""
        changed = False
        with self.database.writing() as session:
            if first_time(session, f"{action} {number}", 1.0):
                changed = MESSAGES[action](session, number)
        self.told[action, number] = changed or self.told.get((action, number), False)

    def _retain(self) -> None:
        with self.database.reading() as session:
            self.deleted |= set(session.scalars(select(FileRow.path)))
        limits = Retention(days=1e6, gib=SIZE * 3 / 2**30, free_gib=0, scores_days=1e6)
        retain(self.database, self.disk, limits, 5.0, work=2)


def clip_of(number: int) -> StoredClip:
    return a_clip(number, bytes=SIZE)


def picture_of(number: int) -> str:
    return f"media/yard/2027-01-15/{an_event(number).uid}.jpg"


def begin(session: Session, number: int) -> bool:
    made, picture = an_event(number, picture=picture_of(number)), picture_of(number)
    write.put_event(session, made, 1.0)
    add_outbox(session, "mqtt", "b", made.uid, "new", {}, 1.0)
    names = {"camera": "yard", "event": made.uid}
    write.add_file(session, picture, **names, kind="picture", size=SIZE, at=made.start)
    return True


def known(session: Session, number: int) -> bool:
    return session.get(EventRow, an_event(number).uid) is not None


def end(session: Session, number: int) -> bool:
    made = an_event(number, state="ended", picture=picture_of(number))
    return known(session, number) and write.put_event(session, made, 2.0) != ""


def clip(session: Session, number: int) -> bool:
    return known(session, number) and write.add_clip(session, "yard", clip_of(number), 3.0)


def judge(session: Session, number: int) -> bool:
    if known(session, number):
        write.judge(session, an_event(number).uid, "abnormal", 4.0)
    return known(session, number)


MESSAGES: dict[str, Callable[[Session, int], bool]]
MESSAGES = {"new": begin, "end": end, "clip": clip, "judge": judge}
ACTIONS = ("new", "new", "end", "clip", "clip", "judge", "delete", "retain")
STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(1, 4)), min_size=1, max_size=12)


def lived(folder: Path, steps: list[tuple[str, int]], death: int) -> tuple[Life, bool]:
    """Do the steps until so many things have happened, then nothing more; whether it died."""
    whole = a_store(folder)
    left = iter(range(death))

    def tick() -> None:
        if next(left, None) is None:
            raise Dead

    database = MortalDatabase(whole.engine, whole.layout, writer=True)
    database.tick = tick
    life = Life(database, FakeDisk(tick=tick))
    died = True
    with suppress(Dead):
        for action, number in steps:
            life.do(action, number)
        died = False
    whole.close()
    return life, died


def comes_back(folder: Path, steps: list[tuple[str, int]], death: int) -> bool:
    """Die and start anew; whether it died at all."""
    life, died = lived(folder, steps, death)
    life.disk.tick = lambda: None
    ever = {path for path in life.disk.files if not path.name.endswith(PART)}
    life.database = quick(open_database(life.database.layout))
    started(life, ever)
    for action, number in steps:  # senders say again what was not answered, and some what was
        if action in ("new", "end", "clip"):
            life.do(action, number)
    started(life, ever)
    life.database.close()
    return died


def test_nothing_told_is_lost_at_any_point_of_a_day(tmp_path: Path) -> None:
    steps = [("new", 1), ("clip", 1), ("judge", 1), ("new", 2), ("clip", 2), ("delete", 1)]
    for death in range(100):
        (tmp_path / str(death)).mkdir()
        if not comes_back(tmp_path / str(death), steps, death):
            break
    assert 30 < death < 60  # every point was tried


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, death=st.integers(0, 90))
def test_nothing_told_is_lost_whatever_happens(steps: list[tuple[str, int]], death: int) -> None:
    with TemporaryDirectory() as folder:
        comes_back(Path(folder), steps, death)


def started(life: Life, ever: set[Path]) -> None:
    """The next start: both sides agree, what was told is there, and a second start does nothing."""
    reconcile(life.database, life.disk, 10.0, alone=True)
    again = reconcile(life.database, life.disk, 11.0, alone=True)
    assert replace(again.found, parts=()) == AGREED
    assert again.said == ()
    layout = life.database.layout
    with life.database.reading() as session:
        rows = dict(session.execute(select(FileRow.path, FileRow.state)).all())
        what_was_told_is_there(session, life)
    assert set(rows.values()) <= {"kept"}
    assert all(len(life.disk.files[layout.root / path]) == SIZE for path in rows)
    for path in ever:
        name = path.relative_to(layout.root).as_posix()
        assert name in rows or name in life.deleted or (layout.quarantine / name) in life.disk.files


def what_was_told_is_there(session: Session, life: Life) -> None:
    judged = {one.event for one in judgements(session)}
    for (action, number), changed in life.told.items():
        kept = event(session, an_event(number).uid)
        if not changed:
            continue
        assert kept is not None
        if action == "end":
            assert kept.state == "ended"
        if action == "judge":
            assert kept.uid in judged
        if action == "clip" and clip_of(number).path not in life.deleted:
            assert [(clip.path, clip.there) for clip in kept.clips] == [
                (clip_of(number).path, True)
            ]
    phases = [
        (one.subject, one.payload["phase"])
        for one in changes(session, 0)
        if one.kind == "event" and one.payload["phase"] in ("new", "end")
    ]
    assert len(phases) == len(set(phases))  # nothing began or ended twice
    subjects = [one.subject for one in outbox_due(session, 1e9)]
    assert len(subjects) == len(set(subjects)) == sum(phase == "new" for _, phase in phases)


def test_the_deaths_are_real(tmp_path: Path) -> None:
    """The property means something: deaths leave files without rows, and half-written ones."""
    left = set()
    for death in range(12):
        (tmp_path / str(death)).mkdir()
        life, died = lived(tmp_path / str(death), [("new", 1), ("clip", 1)], death)
        if died:
            database = quick(open_database(life.database.layout))
            parts = any(path.name.endswith(PART) for path in life.disk.files)
            with database.reading() as session:
                known = len(session.scalars(select(FileRow.path)).all())
            left.add((len(life.disk.files) - known, parts))
            database.close()
    assert left >= {(1, False), (1, True)}  # a whole file without its row, and one being written
