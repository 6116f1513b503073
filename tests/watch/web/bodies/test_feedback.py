"""Bodies of judgements to take along."""

from __future__ import annotations

from awry.watch.store.feedback import COLUMNS
from awry.watch.web.bodies.feedback import FeedbackBody


def test_json_has_the_columns_of_the_table() -> None:
    assert tuple(FeedbackBody.model_fields) == COLUMNS
