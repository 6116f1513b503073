from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.migrations.versions import v0001_first
from awry.watch.store.models import Base


def test_the_first_schema_has_all_tables_of_today(tmp_path: Path) -> None:
    assert (v0001_first.revision, v0001_first.down_revision) == ("0001", None)
    database = open_database(Layout(tmp_path))
    database.close()
    with closing(sqlite3.connect(database.layout.database)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    own = {name for (name,) in rows} - {"alembic_version", "sqlite_sequence"}
    assert own == set(Base.metadata.tables)
