"""Words of several languages, for templates and for components."""

from __future__ import annotations

from typing import Any

import pytest

from awry.pages.words import LANGUAGES, entries, language_of, marked, name_of, translations


def scope(accept: str = "", cookie: str = "") -> dict[str, Any]:
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return {"type": "http", "headers": headers}


def test_english_comes_first_and_is_what_is_said() -> None:
    assert LANGUAGES[0] == "en"
    assert "de" in LANGUAGES
    assert translations("en").gettext("Log in") == "Log in"
    assert entries("en") == {}
    assert marked("as it is") == "as it is"


def test_german() -> None:
    assert translations("de").gettext("Log in") == "Anmelden"
    assert translations("de").gettext("nobody said that") == "nobody said that"
    assert entries("de")["Log in"] == "Anmelden"


@pytest.mark.parametrize("language", ["xx", "../de", ""])
def test_a_language_that_there_is_not_is_english(language: str) -> None:
    assert translations(language).gettext("Log in") == "Log in"
    assert entries(language) == {}


def test_plural_forms_reach_browsers_as_lists() -> None:
    one = "There is room for one more camera like these."
    forms = entries("de")[one]
    assert forms[0] == "Es ist Platz für eine weitere Kamera wie diese."
    assert "%(num)s" in forms[1]
    many = "There is room for %(num)s more cameras like these."
    assert translations("de").ngettext(one, many, 1) == forms[0]
    assert translations("de").ngettext(one, many, 3) == forms[1]


def test_languages_by_their_own_names() -> None:
    assert [name_of(one) for one in ("en", "de")] == ["English", "Deutsch"]


@pytest.mark.parametrize(
    ("accept", "cookie", "language"),
    [
        ("", "", "en"),
        ("de", "", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("fr,en;q=0.5,de;q=0.7", "", "de"),
        ("fr,it", "", "en"),
        ("de", "awry_language=en", "en"),
        ("en", "awry_language=de", "de"),
        ("de", "awry_language=../../etc", "de"),
        ("de;q=x,en", "", "en"),
        (";;;,,q=,\u00e4", "", "en"),
        ("de," * 5000, "", "de"),
    ],
)
def test_the_language_of_whoever_asks(accept: str, cookie: str, language: str) -> None:
    assert language_of(scope(accept, cookie)) == language
