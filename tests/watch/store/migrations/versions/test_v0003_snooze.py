from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.migrations.versions import v0003_snooze
from awry.watch.store.read import events
from awry.watch.store.snoozes import snoozes

OLD = Path(__file__).parents[2] / "old_schemas" / "0002.sql"
EVENT = (
    "INSERT INTO event SELECT ?, camera, session, bundle, shadow, light, state, start + ?, "
    '"end", peak_at, score, threshold, ?, regions, reason, told, silent, picture, annotated, '
    "heat, pinned, label, stored_at, media FROM event WHERE uid LIKE '0123%'"
)


def test_the_highest_part_of_events_so_far_is_worked_out(tmp_path: Path) -> None:
    assert (v0003_snooze.revision, v0003_snooze.down_revision) == ("0003", "0002")
    layout = Layout(tmp_path)
    parts = {"a": '{"speed": 1.0, "pose": 2.5}', "b": "{}", "c": '{"speed": null, "pose": 0.5}'}
    with closing(sqlite3.connect(layout.database)) as connection:
        connection.executescript(OLD.read_text())
        for number, (uid, value) in enumerate(parts.items(), 1):
            connection.execute(EVENT, (uid, number, value))
        connection.commit()
    database = open_database(layout)
    with database.reading() as session:
        found = {one.uid[:1]: one.part for one in events(session).events}
        assert snoozes(session) == ()
    assert found == {"0": "motion", "a": "pose", "b": "", "c": "pose"}
    database.close()
    with closing(sqlite3.connect(layout.database)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        indices = {name for (name,) in names}
    wanted = {"snooze_camera_until", "event_part_start_uid", "event_silent_start_uid"}
    assert wanted <= indices
