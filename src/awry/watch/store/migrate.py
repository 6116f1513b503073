"""Brings a database to this version's schema, after a copy of it was made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from awry.storage import whole_file
from awry.watch.store import migrations
from awry.watch.store.database import Database
from awry.watch.store.models import Base
from awry.watch.store.schema import REVISIONS, newer, revision_of, unreadable


def migrate(database: Database, *, to: str = REVISIONS[-1]) -> str | None:
    """Bring a database to a schema, in one transaction.

    Args:
        database: one to write.
        to: an entry of `schema.REVISIONS`.

    Returns:
        the schema that it had; None: it was empty.

    Raises:
        InputError: the schema is newer than this version, or the database cannot be read.
        WriteError: there is no room for the copy; nothing was changed.
    """
    found = revision_of(database.engine)
    if found == to:
        return found
    if found is not None and found not in REVISIONS:
        raise newer(database.engine, found)
    if found is not None and database.sqlite is not None:
        keep_copy(database.sqlite, database.layout.backups / f"awry-{found}.db")
    try:
        with database.engine.begin() as connection:
            _upgrade(connection, to)
    except SQLAlchemyError as error:
        raise unreadable(database.engine, error) from error
    return found


def keep_copy(database: Path, copy: Path) -> Path:
    """Copy an SQLite database that may be in use, whole and synced, beside older copies.

    Args:
        database: the file.
        copy: where to; a number is added where something stands there already.

    Returns:
        where the copy is.

    Raises:
        WriteError: it cannot be written; nothing is left behind.
    """
    place, number = copy, 1
    while place.exists():
        place, number = copy.with_stem(f"{copy.stem}-{number}"), number + 1
    with whole_file(place) as temporary:
        copy_sqlite(database, temporary)
    return place


def copy_sqlite(database: Path, to: Path) -> None:
    """Copy an SQLite database that may be in use; the copy is of one moment.

    Raises:
        OSError: it cannot be read or written.
    """
    try:
        source = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(to)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, that can be read anywhere
    except sqlite3.Error as error:
        raise OSError(f"SQLite said: {error}") from error


def _upgrade(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs(to, revision)

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(
            connection=connection, target_metadata=Base.metadata, transactional_ddl=True
        )
        environment.run_migrations()
