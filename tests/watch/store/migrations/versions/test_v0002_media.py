from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.migrations.versions import v0002_media


def test_columns_have_defaults_and_tables_and_indices_are_there(tmp_path: Path) -> None:
    assert (v0002_media.revision, v0002_media.down_revision) == ("0002", "0001")
    database = open_database(Layout(tmp_path))
    database.close()
    with closing(sqlite3.connect(database.layout.database)) as connection:
        columns = {
            table: {row[1]: row[4] for row in connection.execute(f"PRAGMA table_info({table})")}
            for table in ("event", "file", "camera", "finder", "load")
        }
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        indices = {name for (name,) in found}
    assert (columns["event"]["media"], columns["file"]["note"]) == ("'kept'", "''")
    assert {"manual", "refit"} <= set(columns["camera"])
    assert list(columns["finder"]) == ["camera", "bundle", "session", "step", "state", "at"]
    assert list(columns["load"]) == ["process", "name", "at", "figures"]
    assert indices >= {"event_start_uid", "event_camera_start_uid", "file_state_at"}
    assert "score_minute" in indices
