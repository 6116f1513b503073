from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from awry.sifting.facts import check_facts
from awry.sifting.run import SiftedRun


def facts_of(run: SiftedRun) -> dict[str, Any]:
    clip = {"name": "a", "scene": "*", "fps": 25.0, "frames": 3, "lost": 0, "notes": []}
    return {**run.facts, "clips": [clip]}


@pytest.mark.parametrize(
    ("key", "value"),
    [("every", 0), ("seed", "1"), ("clips", []), ("ignore", "rows:0-3"), ("generation", -1)],
)
def test_a_value_that_does_not_fit_is_refused(run: SiftedRun, key: str, value: object) -> None:
    check_facts(facts_of(run) | {"of a newer awry": 1})
    with pytest.raises(ValidationError, match=key):
        check_facts(facts_of(run) | {key: value})
