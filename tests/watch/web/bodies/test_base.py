"""What all bodies share."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import TypeAdapter, ValidationError

from awry.watch.web.bodies.base import Done, Given, Taken, Time


@dataclass(frozen=True)
class Stored:
    name: str
    score: float
    more: int = 1


class Shown(Given):
    name: str
    score: float


class Wish(Taken):
    name: str


def test_what_is_given_is_made_of_what_is_stored() -> None:
    shown = Shown.model_validate(Stored("door", float("nan")))
    assert shown.model_dump_json() == '{"name":"door","score":null}'
    assert Done(done=True).model_dump() == {"done": True}


def test_what_is_taken_has_no_unknown_fields() -> None:
    with pytest.raises(ValidationError):
        Wish.model_validate({"name": "door", "admin": True})


@pytest.mark.parametrize("value", ["nan", "inf", 1e300, -1e300])
def test_a_time_is_one_that_a_calendar_can_show(value: object) -> None:
    assert TypeAdapter(Time).validate_python(1_800_000_000) == 1_800_000_000
    with pytest.raises(ValidationError):
        TypeAdapter(Time).validate_python(value)
