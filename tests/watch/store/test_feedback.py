"""What people said: all of it is kept, whatever goes."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from awry.errors import InputError
from awry.watch.site.model import Retention
from awry.watch.store.database import Database
from awry.watch.store.disk import RealDisk
from awry.watch.store.feedback import COLUMNS, all_feedback, as_csv, as_row, feedback, judgements
from awry.watch.store.models import BundleRow, EventRow, FeedbackRow
from awry.watch.store.retention import retain
from awry.watch.store.write import judge, set_cameras

NOW, DAY_S = 2_000_000.0, 86_400.0


def event(uid: str, camera: str = "door") -> EventRow:
    return EventRow(
        uid=uid, camera=camera, bundle="bundles/door/1", state="ended", light="infrared",
        start=NOW, end=NOW + 5, peak_at=NOW, score=3.5, threshold=2.0,
    )  # fmt: skip


@pytest.fixture
def said(database: Database) -> Database:
    with database.writing() as session:
        set_cameras(session, {"door", "yard"}, NOW)
        session.add_all([event("a"), event("b"), event("c", "yard"), event("nobody's")])
        session.add(BundleRow(camera="door", path="bundles/door/1", state="retired", at=NOW))
        session.flush()
        judge(session, "a", "normal", NOW + 1, by="ann", note="=cmd(1)")
        judge(session, "b", "abnormal", NOW + 2, by="ann")
        judge(session, "c", "normal", NOW + 3, by="bob", note='a "word", and\nanother')
        judge(session, "b", None, NOW + 4, by="bob")
    return database


def test_every_word_is_there_with_all_that_is_known(said: Database) -> None:
    with said.reading() as session:
        rows = [as_row(one) for one in all_feedback(session)]
    assert [(row["event"], row["label"], row["by"]) for row in rows] == [
        ("a", "normal", "ann"), ("b", "abnormal", "ann"), ("c", "normal", "bob"), ("b", "", "bob"),
    ]  # fmt: skip
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == {
        "event": "a",
        "camera": "door",
        "detector": "bundles/door/1",
        "light": "infrared",
        "peak": 3.5,
        "label": "normal",
        "note": "=cmd(1)",
        "by": "ann",
        "at": NOW + 1,
    }


def test_page_by_page(said: Database) -> None:
    with said.reading() as session:
        one = feedback(session, limit=3)
        rest = feedback(session, limit=3, cursor=one.next)
        assert [row.event for row in (*one.rows, *rest.rows)] == ["a", "b", "c", "b"]
        assert rest.next is None
        assert [row.event for row in feedback(session, ["yard"]).rows] == ["c"]
        assert feedback(session, []).rows == ()
        with pytest.raises(InputError, match="expected 1 to 1000"):
            feedback(session, limit=0)


def test_the_last_word_counts(said: Database) -> None:
    with said.reading() as session:
        assert [(one.event, one.label) for one in judgements(session)] == [
            ("a", "normal"), ("c", "normal"),
        ]  # fmt: skip
        assert [one.event for one in judgements(session, "yard")] == ["c"]


def test_a_table_that_a_spreadsheet_takes_for_no_formula(said: Database) -> None:
    with said.reading() as session:
        table = list(csv.DictReader(io.StringIO(as_csv(all_feedback(session)), newline="")))
    assert [row["note"] for row in table] == ["'=cmd(1)", "", 'a "word", and\nanother', ""]
    assert [float(row["peak"]) for row in table] == [3.5] * 4


def test_it_survives_retention_and_cameras_and_detectors_that_go(said: Database) -> None:
    with said.reading() as session:
        before = tuple(all_feedback(session))
    limits = Retention(days=1, scores_days=1, gib=0.001, free_gib=0.001)
    for number in range(3):
        retain(said, RealDisk(), limits, NOW + (400 + number) * DAY_S)
    with said.writing() as session:
        set_cameras(session, set(), NOW + 400 * DAY_S)
        for row in session.scalars(select(BundleRow)):
            session.delete(row)
    with said.reading() as session:
        assert tuple(all_feedback(session)) == before
        assert set(session.scalars(select(FeedbackRow.id))) == {1, 2, 3, 4}
        assert set(session.scalars(select(EventRow.uid))) == {"a", "b", "c"}
