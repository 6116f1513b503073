"""Places that alarm nobody for a while."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.models import ChangeRow
from awry.watch.store.snoozes import MOST, add_snooze, end_snooze, snooze, snoozes

BOX = (0.1, 0.2, 0.3, 0.4)


def test_it_counts_until_its_time_and_is_kept(session: Session) -> None:
    first = add_snooze(session, "yard", [BOX], 100.0, until=200.0, event="e", note="n", by="ann")
    always = add_snooze(session, "gate", [], 110.0, until=None)
    found = snooze(session, first)
    assert found is not None
    assert (found.boxes, found.event, found.note, found.by) == ((BOX,), "e", "n", "ann")
    assert [one.id for one in snoozes(session, at=199.0)] == [always, first]
    assert [one.id for one in snoozes(session, at=200.0)] == [always]
    assert [one.id for one in snoozes(session, at=105.0)] == [first]
    assert [one.id for one in snoozes(session)] == [always, first]
    assert [one.id for one in snoozes(session, "yard")] == [first]
    assert [one.id for one in snoozes(session, cameras=["gate"])] == [always]
    assert [found.active(at) for at in (99.0, 100.0, 199.0, 200.0)] == [False, True, True, False]


def test_it_is_ended_once(session: Session) -> None:
    number = add_snooze(session, "yard", [BOX], 100.0, until=None)
    end_snooze(session, number, 150.0, "ann")
    end_snooze(session, number, 160.0, "bob")
    found = snooze(session, number)
    assert found is not None
    assert (found.ended, found.ended_by) == (150.0, "ann")
    assert snoozes(session, at=151.0) == ()
    session.flush()
    said = [(row.kind, row.camera, row.payload["phase"]) for row in session.query(ChangeRow)]
    assert said == [("snooze", "yard", "begun"), ("snooze", "yard", "ended")]
    with pytest.raises(InputError, match="number 9"):
        end_snooze(session, 9, 1.0)


def test_neither_the_past_nor_very_many(session: Session) -> None:
    with pytest.raises(InputError, match="to come"):
        add_snooze(session, "yard", [BOX], 100.0, until=100.0)
    for _ in range(MOST):
        add_snooze(session, "yard", [BOX], 100.0, until=None)
    with pytest.raises(InputError, match="draw a zone"):
        add_snooze(session, "yard", [BOX], 100.0, until=None)
