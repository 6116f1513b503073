from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from awry.watch.store.models import Base, ClipRow, EventRow, OutboxRow
from awry.watch.store.results import StoredEvent


def test_paths_and_receivers_are_unique(session: Session) -> None:
    unique = {
        table.name: [
            sorted(column.name for column in constraint.columns)
            for constraint in table.constraints
            if type(constraint).__name__ == "UniqueConstraint"
        ]
        for table in Base.metadata.tables.values()
    }
    assert unique["clip"] == unique["footage"] == [["path"]]
    assert unique["outbox"] == [["channel", "kind", "subject", "target"]]
    names = {"channel": "mqtt", "target": "b", "subject": "e", "kind": "new"}
    session.add_all([OutboxRow(**names, made=1.0, due=1.0) for _ in range(2)])
    with pytest.raises(IntegrityError, match="UNIQUE"):
        session.flush()


def test_a_clip_needs_its_event(session: Session) -> None:
    session.add(ClipRow(event="nobody", path="media/a/b", start=1.0, end=2.0, bytes=3))
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        session.flush()


def test_an_events_row_has_what_is_given_out() -> None:
    columns = set(EventRow.__table__.columns.keys())
    assert columns == set(StoredEvent.__slots__) - {"clips"}
