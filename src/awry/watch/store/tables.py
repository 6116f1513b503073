"""Tables of comma-separated values that people open in spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(values: Iterable[object]) -> str:
    """A line of a table, with its end; text that a spreadsheet takes for a formula is made none.

    >>> csv_line(["=1+1", -2, "a,b"])
    '\\'=1+1,-2,"a,b"\\r\\n'
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(map(_harmless, values))
    return out.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
