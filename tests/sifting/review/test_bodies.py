"""Bodies of the review's API: only what they know, only what can be."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from awry.sifting.review.bodies import Marking, Nothing

MARK = {"clip": 0, "first": 1, "last": 3, "place": 2, "label": "abnormal"}


def test_a_mark() -> None:
    assert Marking.model_validate(MARK).label == "abnormal"


@pytest.mark.parametrize(
    "wrong", [{"clip": -1}, {"place": None}, {"label": "odd"}, {"label": None}, {"by": "ann"}]
)
def test_a_mark_that_does_not_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Marking.model_validate(MARK | wrong)


def test_nothing_is_nothing() -> None:
    with pytest.raises(ValidationError):
        Nothing.model_validate({"more": 1})
