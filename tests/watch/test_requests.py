"""What the keeper is asked for, written and read back."""

from __future__ import annotations

import json

import pytest

from awry.errors import ConfigError
from awry.watch.messages import Request
from awry.watch.requests import ACTIONS, Arm, ConfigNoted, Judge, TokenMake, made, values_of


@pytest.mark.parametrize(
    "values",
    [
        Judge(event="a" * 32, label="normal", note="a cat"),
        Arm(camera="door", until=1_800_000_000.5),
        TokenMake(id="0" * 64, name="hub", scope="read", cameras=("door", "yard")),
        ConfigNoted(subject="door", before={"budget": None}, after={"budget": "2/day"}),
    ],
)
def test_a_request_reads_as_it_was_written(values: Judge) -> None:
    request = made(values, by="anna")
    assert (request.action, request.by) == (values.action, "anna")
    assert values_of(request) == values


def test_each_request_has_a_uid_of_its_own_unless_it_is_given() -> None:
    values = Judge(event="1", label="normal")
    assert made(values).uid != made(values).uid
    assert made(values, uid="again").uid == "again"


def test_an_unknown_action_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'judge'"):
        values_of(Request("1", "jugde"))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"event": "../x", "label": "normal"}', '{"event": "1", "label": 3}']
)
def test_values_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="'judge' cannot be read"):
        values_of(Request("1", "judge", text))


def test_a_refusal_does_not_repeat_a_password() -> None:
    text = json.dumps({"name": "anna", "password": "s3cret", "role": "admin"})
    with pytest.raises(ConfigError) as caught:
        values_of(Request("1", "user.make", text))
    assert "s3cret" not in str(caught.value)


def test_all_actions_have_names_of_their_own() -> None:
    assert {"judge", "pin", "user.make", "session.end", "token.make", "refit"} <= set(ACTIONS)
    assert all(name == kind.action for name, kind in ACTIONS.items())
