"""Figures and names as people read them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from awry.pages.words import translations
from awry.watch.requests import ACTIONS, Role, TokenScope
from awry.watch.supervisor.portions import ORDER
from awry.watch.web.pages import system_words
from awry.watch.web.pages.system_words import Difference, Words, differences

ENGLISH = Words(translations("en").gettext, "en")
GERMAN = Words(translations("de").gettext, "de")


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [
        (None, "\u2013", "\u2013"),
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1000, "1 KiB", "1 KiB"),
        (1536 * 2**20, "1.5 GiB", "1,5 GiB"),
        (252 * 2**30, "252 GiB", "252 GiB"),
        (5000 * 2**40, "5000 TiB", "5000 TiB"),
    ],
)
def test_sizes(count: float | None, english: str, german: str) -> None:
    assert (ENGLISH.size(count), GERMAN.size(count)) == (english, german)


def test_shares_and_numbers() -> None:
    assert [ENGLISH.percent(one) for one in (None, 0.0, 0.0123, 0.5, 1.3)] == [
        *("\u2013", "0%", "1.2%"),
        *("50%", "130%"),
    ]
    assert GERMAN.number(1234.5) == "1234,5"
    assert ENGLISH.number(None) == "\u2013"


def test_names() -> None:
    assert ENGLISH.process("ingest", "door") == "Camera door"
    assert GERMAN.process("web") == "Diese Seiten"
    assert ENGLISH.process("other", "x") == "other x"
    assert ENGLISH.named(system_words.BUNDLES, "unknown") == "unknown"


def test_everything_has_a_name() -> None:
    assert set(ORDER) <= set(system_words.PROCESSES)
    assert set(get_args(Role)) == set(system_words.ROLES)
    assert set(get_args(TokenScope)) == set(system_words.SCOPES)
    quiet = {"session.touch", "token.touch", "look"}
    assert not sorted(set(ACTIONS) - quiet - set(system_words.ACTIONS))


def test_differences() -> None:
    before: dict[str, Any] = {"a": 1, "b": "x", "c": [1], "e": None}
    after = {"a": 1, "b": "y", "d": True, "until": 5.0}
    assert differences(before, after) == (
        Difference("b", "x", "y"),
        Difference("c", "[1]", ""),
        Difference("d", "", "true"),
        Difference("until", "", "5.0", 5.0),
    )
    (long,) = differences({}, {"a": "x" * 1000})
    assert len(long.after) < 310
