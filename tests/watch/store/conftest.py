from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from awry.watch.store.database import Database
from stores import a_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store to write."""
    made = a_store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction of it."""
    with database.writing() as made:
        yield made
