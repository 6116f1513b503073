"""Lines of tables, harmless in spreadsheets."""

from __future__ import annotations

import pytest

from awry.watch.store.tables import csv_line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_a_formula_is_text(text: str) -> None:
    assert csv_line(["a", text]) == f"a,'{text}\r\n"


def test_figures_and_quotes() -> None:
    assert csv_line([-1.5, None, 'a "b", c']) == '-1.5,,"a ""b"", c"\r\n'
