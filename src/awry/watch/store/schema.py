"""Which schema a database has, and whether this version of awry can use it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from awry.errors import InputError

REVISIONS: Sequence[str] = ("0001", "0002", "0003")
"""All schemas there ever were, oldest first; the last is this version's."""


def revision_of(engine: Engine) -> str | None:
    """The schema of a database; None: it has no tables yet.

    Raises:
        InputError: it cannot be reached or read, or holds tables of somebody else.
    """
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" in tables:
                found = connection.execute(text("SELECT version_num FROM alembic_version"))
                first: str | None = found.scalar()
            else:
                first = None
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        raise unreadable(engine, error) from None
    if first is None and set(tables) - {"alembic_version"}:
        raise InputError(
            f"{_shown(engine)} holds tables that awry did not make; choose an empty database."
        )
    return first


def check_schema(engine: Engine) -> None:
    """Make sure that this version of awry can read a database as it is.

    Raises:
        InputError: it is empty, older, newer or unreadable; the message says what to do.
    """
    found = revision_of(engine)
    if found == REVISIONS[-1]:
        return
    if found is None:
        raise InputError(f"{_shown(engine)} is empty; `awry watch run` makes its tables.")
    if found in REVISIONS:
        raise InputError(
            f"{_shown(engine)} has schema {found}, this version of awry needs {REVISIONS[-1]}; "
            "`awry watch run` brings it up to date, after a copy of it was made."
        )
    raise newer(engine, found)


def newer(engine: Engine, found: str) -> InputError:
    """The sentence for a schema that this version does not know."""
    return InputError(
        f"{_shown(engine)} has schema {found}, which is newer than this version of awry "
        f"(it knows up to {REVISIONS[-1]}). Nothing was changed. Install the newer awry again, or "
        "go back to a copy in the store's folder `backups`."
    )


def unreadable(engine: Engine, error: Exception) -> InputError:
    """The sentence for a database that cannot be reached or is damaged."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[:1]
    return InputError(
        f"{_shown(engine)} cannot be read: {reason[0] if reason else type(error).__name__}. "
        "Check that it is reachable; where it is damaged, go back to a backup."
    )


def _shown(engine: Engine) -> str:
    url = engine.url
    place = url.database if url.get_backend_name() == "sqlite" else url.render_as_string()
    return f"The database {place}"
