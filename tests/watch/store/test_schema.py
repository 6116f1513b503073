from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from awry.errors import InputError
from awry.watch.store.schema import check_schema, newer, revision_of, unreadable


def test_an_empty_database_has_no_schema(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    assert revision_of(engine) is None
    with pytest.raises(InputError, match=r"empty\.db is empty; `awry watch run` makes its tables"):
        check_schema(engine)


def test_tables_of_others_are_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(InputError, match="holds tables that awry did not make"):
        revision_of(engine)


def test_sentences_hide_passwords() -> None:
    engine = create_engine("postgresql+pg8000://user:secret@host/name")
    for error in (newer(engine, "9999"), unreadable(engine, OSError("no route"))):
        assert "user:***@host/name" in str(error)
        assert "secret" not in str(error)
