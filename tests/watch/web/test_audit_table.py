"""The audit log as CSV: whole, and harmless to spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest

from awry.watch.store.accounts import AuditFilter
from awry.watch.store.models import AuditRow
from awry.watch.web import audit_table
from awry.watch.web.audit_table import COLUMNS, audit_rows
from web_site import Here


def rows(here: Here, wanted: AuditFilter) -> list[list[str]]:
    text = "".join(audit_rows(here.app.state.api, wanted))
    return list(csv.reader(io.StringIO(text, newline="")))


def test_all_entries_piece_by_piece(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_table, "_SOME", 3)
    here.add(*(AuditRow(at=float(n), by="eve", action="pin", subject=f"e{n}") for n in range(8)))
    found = rows(here, AuditFilter(by="eve"))
    assert found[0] == list(COLUMNS)
    assert [one[4] for one in found[1:]] == [f"e{n}" for n in reversed(range(8))]
    assert found[1][1] == "1970-01-01T00:00:07+00:00"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(here: Here, text: str) -> None:
    here.add(AuditRow(at=1.0, by=text, action="pin", subject=text, after={"a": text}))
    (found,) = rows(here, AuditFilter(by=text))[1:]
    assert found[2] == found[4] == f"'{text}"
    assert found[6].startswith('{"a"')


def test_quotes_and_line_ends_stay_in_their_cell(here: Here) -> None:
    subject = 'a "b", c\nd'
    here.add(AuditRow(at=1.0, by="eve", action="pin", subject=subject))
    assert rows(here, AuditFilter(by="eve"))[1][4] == subject
