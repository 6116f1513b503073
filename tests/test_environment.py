"""Whole numbers from the environment."""

from __future__ import annotations

import pytest

from awry.environment import number_from
from awry.errors import ConfigError

NAME = "AWRY_OF_A_TEST"


@pytest.mark.parametrize(
    ("given", "found"),
    [(None, 7), ("", 7), (" ", 7), ("1", 1), (" 12 ", 12), ("9" * 15, 10**15 - 1)],
)
def test_what_it_holds(monkeypatch: pytest.MonkeyPatch, given: str | None, found: int) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if given is not None:
        monkeypatch.setenv(NAME, given)
    assert number_from(NAME, 7, "frames") == found


@pytest.mark.parametrize("given", ["0", "-4", "many", "1e9", "2.5", "²", "9" * 16, "9" * 5000])
def test_what_is_no_number(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(NAME, given)
    with pytest.raises(ConfigError, match=f"^{NAME} is '.{{1,40}}'; expected a whole number of fr"):
        number_from(NAME, 7, "frames")
