"""Bodies of the system's routes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from awry.watch.web.bodies.system import Again, CheckedBody, SiteChange


def test_the_schema_of_a_backup_is_named_so() -> None:
    body = CheckedBody(sound=True, said=[], files=1, missing=0, schema="0002")
    assert body.model_dump(by_alias=True)["schema"] == "0002"


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": ""},
        {"retention": {"days": -1}},
        {"retention": {"days": float("nan")}},
        {"store": "/etc"},
        {"schedules": {"a": "mon"}},
    ],
)
def test_changes_that_do_not_fit(wanted: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SiteChange.model_validate(wanted)


def test_channels() -> None:
    with pytest.raises(ValidationError):
        Again.model_validate({"channel": "mail", "target": ""})
