"""The audit log as a table for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from awry.watch.store.accounts import AuditFilter, audit
from awry.watch.store.tables import csv_line
from awry.watch.web.api import Api

COLUMNS = ("number", "time (UTC)", "by", "action", "subject", "before", "after")
_SOME = 500


def audit_rows(api: Api, wanted: AuditFilter) -> Iterator[str]:
    """Lines of CSV, the names of the columns first.

    Args:
        api: of the site.
        wanted: which entries.
    """
    yield csv_line(COLUMNS)
    while True:
        with api.reading() as session:
            entries = audit(session, limit=_SOME, only=wanted)
        for one in entries:
            at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
            before, after = _said(one.before), _said(one.after)
            yield csv_line((one.id, at, one.by, one.action, one.subject, before, after))
        if len(entries) < _SOME:
            return
        wanted = replace(wanted, before=entries[-1].id)


def _said(values: Any) -> str:
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True) if values else ""
