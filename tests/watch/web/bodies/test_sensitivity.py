"""Bodies of budgets that were tried."""

from __future__ import annotations

import math

from awry.watch.web.bodies.sensitivity import TriedBudgetBody, WereBody


def test_a_rate_that_is_not_known_is_null() -> None:
    rates = dict.fromkeys(("per_day", "low", "high"), math.nan)
    counts = dict.fromkeys(("count", "new", "abnormal", "normal"), 0)
    body = TriedBudgetBody(
        budget="2/day", allowed=None, thresholds={}, how={}, events=[], gone=[], **rates, **counts
    )
    assert '"per_day":null' in body.model_dump_json()


def test_a_stored_event_names_its_picture_and_no_path() -> None:
    assert "path" not in " ".join(WereBody.model_fields)
