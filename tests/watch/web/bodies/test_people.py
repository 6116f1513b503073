"""Bodies of people and programs: checked, and silent about secrets."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from awry.watch.store.results import Token, User
from awry.watch.web.bodies.people import (
    FirstUser,
    LoggingIn,
    NewPassword,
    NewToken,
    NewUser,
    TokenBody,
    UserBody,
)

LONG = "a long password"


def test_hashes_and_digests_stay_inside() -> None:
    user = UserBody.model_validate(User("anna", "$argon2id$x", "admin", 1.0))
    token = TokenBody.model_validate(Token("0" * 64, "hub", "read", ("door",), 1.0, None, "anna"))
    assert user.model_dump().keys() == {"name", "role", "made"}
    assert "0" * 64 not in token.model_dump_json()
    assert token.cameras == ["door"]


@pytest.mark.parametrize(
    "body",
    [
        FirstUser(name="anna", password=LONG, first_token=LONG),
        LoggingIn(name="anna", password=LONG),
        NewPassword(old=LONG, new=LONG),
        NewUser(name="anna", password=LONG, role="viewer"),
    ],
)
def test_passwords_are_not_shown(body: BaseModel) -> None:
    assert LONG not in repr(body)
    assert LONG not in body.model_dump_json()


@pytest.mark.parametrize("name", ["", " anna", "../x", "anna\n", "token anna", "ä", "x" * 65])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(ValidationError):
        NewUser(name=name, password=LONG, role="viewer")
    with pytest.raises(ValidationError):
        FirstUser(name=name, password=LONG)


def test_a_token_is_for_cameras_that_can_be() -> None:
    assert NewToken(name="hub 1", scope="read").cameras == []
    for wrong in ({"cameras": ["../x"]}, {"scope": "root"}, {"name": ""}):
        with pytest.raises(ValidationError):
            NewToken.model_validate({"name": "hub", "scope": "read", **wrong})
