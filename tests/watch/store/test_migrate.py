from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from awry.errors import InputError, WriteError
from awry.watch.store import migrate as module
from awry.watch.store.database import Database, open_database, read_database
from awry.watch.store.layout import Layout
from awry.watch.store.migrate import copy_sqlite, keep_copy, migrate
from awry.watch.store.models import Base
from awry.watch.store.read import camera, event
from awry.watch.store.schema import REVISIONS, revision_of
from stores import a_store

OLD = Path(__file__).parent / "old_schemas"
UID = "0123456789abcdef0123456789abcdef"


def old_database(folder: Path, revision: str) -> Layout:
    """A database as an earlier version left it, with a camera, an event and its clip."""
    layout = Layout(folder)
    with closing(sqlite3.connect(layout.database)) as connection:
        connection.executescript((OLD / f"{revision}.sql").read_text())
    return layout


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def test_every_earlier_schema_is_kept_for_this_test() -> None:
    assert [file.stem for file in sorted(OLD.iterdir())] == list(REVISIONS[:-1])


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_an_earlier_schema_is_upgraded_and_nothing_is_lost(tmp_path: Path, revision: str) -> None:
    layout = old_database(tmp_path, revision)
    before = layout.database.read_bytes()
    with pytest.raises(InputError, match=f"has schema {revision}, this version of awry needs"):
        read_database(layout)
    assert layout.database.read_bytes() == before
    database = open_database(layout)
    assert differences(database) == []
    with database.reading() as session:
        kept = event(session, UID)
        assert camera(session, "yard") is not None
    assert kept is not None
    assert (kept.label, kept.pinned, kept.media, kept.parts) == (
        *("abnormal", True, "kept"),
        {"motion": 1.5},
    )
    assert [clip.path for clip in kept.clips] == ["media/yard/a.mp4"]
    copies = list(layout.backups.iterdir())
    assert [copy.name for copy in copies] == [f"awry-{revision}.db"]
    with closing(sqlite3.connect(copies[0])) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
        assert old.execute("SELECT uid FROM event").fetchone() == (UID,)
    database.close()
    open_database(layout).close()
    assert list(layout.backups.iterdir()) == copies  # nothing to do, so no copy


def test_a_new_database_has_this_versions_schema_and_needs_no_copy(tmp_path: Path) -> None:
    database = open_database(Layout(tmp_path))
    assert (differences(database), revision_of(database.engine)) == ([], REVISIONS[-1])
    assert not database.layout.backups.exists()
    assert migrate(database) == REVISIONS[-1]
    database.close()


def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for opened in (open_database, read_database):
        with pytest.raises(InputError, match="schema 9999, which is newer than this version"):
            opened(database.layout)
    assert not database.layout.backups.exists()


def test_nothing_is_migrated_without_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = old_database(tmp_path, "0001")

    def full(_database: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "copy_sqlite", full)
    with pytest.raises(WriteError, match="No space left on device"):
        open_database(layout)
    assert list(layout.backups.iterdir()) == []
    with closing(sqlite3.connect(layout.database)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)


def test_a_migration_that_fails_leaves_the_old_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = old_database(tmp_path, "0001")
    with closing(sqlite3.connect(layout.database)) as old:  # in the way of the last step
        old.execute("CREATE INDEX score_minute ON score (camera)")
        old.commit()
    with pytest.raises(InputError, match="score_minute already exists"):
        open_database(layout)
    with closing(sqlite3.connect(layout.database)) as old:
        columns = [row[1] for row in old.execute("PRAGMA table_info(event)")]
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert "media" not in columns


def test_copies_are_of_one_moment_and_never_overwrite(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    source, place = database.layout.database, tmp_path / "copies" / "awry.db"
    with database.writing() as session:
        session.execute(text("DELETE FROM camera"))
        first = keep_copy(source, place)
    second = keep_copy(source, place)
    assert (first.name, second.name) == ("awry.db", "awry-1.db")
    assert sorted(one.name for one in place.parent.iterdir()) == ["awry-1.db", "awry.db"]
    database.close()


def test_what_is_no_database_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text" * 1000)
    with pytest.raises(OSError, match="SQLite said: file is not a database"):
        copy_sqlite(tmp_path / "text", tmp_path / "copy")
