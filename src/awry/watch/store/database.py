"""The database of a site: SQLite in the store, or PostgreSQL by its URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from awry.errors import ConfigError, InputError
from awry.watch.site.model import Site, database_url
from awry.watch.store.layout import Layout

BUSY_MS = 10_000
"""How long a connection waits while another one writes."""


class Database:
    """Units of work on a site's tables.

    Args:
        engine: to the database.
        layout: of the store.
        writer: whether this is the one that writes.
    """

    def __init__(self, engine: Engine, layout: Layout, *, writer: bool) -> None:
        self.engine = engine
        self.layout = layout
        self.writer = writer
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: it is on the disk when the block is left, or not at all.

        Raises:
            InputError: this side only reads.
        """
        if not self.writer:
            raise InputError("This side only reads the store; the keeper writes.")
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A unit of reading: everything in it is of the same moment. It changes nothing."""
        with self._sessions() as session:
            try:
                yield session
            finally:
                session.rollback()

    @property
    def sqlite(self) -> Path | None:
        """The file, where the database is SQLite; else None."""
        if self.engine.dialect.name != "sqlite":
            return None
        return self.layout.database

    def close(self) -> None:
        """End all connections."""
        self.engine.dispose()


def open_database(layout: Layout, url: str | None = None) -> Database:
    """Open the database to write, made or brought to this version's schema where needed.

    Args:
        layout: of the store; its folders are made.
        url: as SQLAlchemy takes it, `postgresql+pg8000://...`; None: SQLite in the store.

    Raises:
        ConfigError: a URL that cannot be used.
        InputError: the schema is newer than this version of awry, or damaged.
        WriteError: the place cannot be written.
    """
    from awry.watch.store.migrate import migrate  # Alembic takes a while; readers need none

    layout.root.mkdir(parents=True, exist_ok=True)
    database = Database(_engine(layout, url, writer=True), layout, writer=True)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def read_database(layout: Layout, url: str | None = None) -> Database:
    """Open the database to read, beside the keeper that writes.

    Args:
        layout, url: as in `open_database`.

    Raises:
        ConfigError: a URL that cannot be used.
        InputError: there is none yet, or its schema is not this version's.
    """
    from awry.watch.store.schema import check_schema

    if url is None and not layout.database.is_file():
        raise InputError(
            f"{layout.root} holds no database yet; `awry watch run` makes it. "
            "Check the store that the site names."
        )
    database = Database(_engine(layout, url, writer=False), layout, writer=False)
    try:
        check_schema(database.engine)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def site_database(site: Site) -> Iterator[Database]:
    """A site's database to read, closed at the end; raises what `read_database` does."""
    database = read_database(Layout(site.store), database_url(site))
    try:
        yield database
    finally:
        database.close()


def _engine(layout: Layout, url: str | None, *, writer: bool) -> Engine:
    parsed = _sqlite_url(layout.database, writer) if url is None else _foreign_url(url)
    options: dict[str, Any] = {"pool_pre_ping": True}  # a server may have been started anew
    if url is None:
        options = {} if writer else {"poolclass": NullPool}
    elif not writer:
        options["isolation_level"] = "REPEATABLE READ"
        options["execution_options"] = {"postgresql_readonly": True}
    try:
        engine = create_engine(parsed, **options)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        raise ConfigError(
            f"The database {parsed.render_as_string(hide_password=True)} cannot be used: "
            f"{type(error).__name__}. For PostgreSQL: pip install 'awry[postgresql]'."
        ) from None
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine, writer)
    return engine


def _sqlite_url(path: Path, writer: bool) -> URL:
    if writer:
        return URL.create("sqlite+pysqlite", database=str(path))
    quoted = Path(path).absolute().as_uri()
    return URL.create("sqlite+pysqlite", database=quoted, query={"mode": "ro", "uri": "true"})


def _foreign_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(
            "The database's address is no SQLAlchemy URL; expected e.g. "
            "`postgresql+pg8000://user:password@host/name`, or none for SQLite in the store."
        ) from None
    if parsed.get_backend_name() != "postgresql":
        raise ConfigError(
            f"The database is {parsed.get_backend_name()!r}; expected PostgreSQL, or none for "
            "SQLite in the store."
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+pg8000")
    return parsed


def _tune_sqlite(engine: Engine, writer: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # Python's own transactions leave DDL and reads out
        run = connection.execute
        run(f"PRAGMA busy_timeout = {BUSY_MS}")
        run("PRAGMA foreign_keys = ON")
        if writer:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA journal_size_limit = 67108864")
            # A power cut must not take back what senders were told is stored: WAL with NORMAL may.
            run("PRAGMA synchronous = FULL")
        else:
            run("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # A writer takes its lock at once: upgrading it later fails without any waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
