from __future__ import annotations

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from awry.evaluation.report.render import per_cent, render


def test_shares_for_people() -> None:
    assert [per_cent(value) for value in (0.12345, 1.0, None)] == ["12.35", "100.00", "\u2013"]
    assert per_cent(0.12345, 1) == "12.3"


def test_nothing_is_left_out_in_silence() -> None:
    with pytest.raises(UndefinedError):
        render("comparison.html.j2", {"title": "x"})
    with pytest.raises(TemplateNotFound):
        render("none.html.j2", {})
