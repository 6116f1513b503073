"""Colours and keys of the page."""

from __future__ import annotations

from awry.sifting.review.style import COLOURS, SCRIPT, STYLE
from awry.sifting.review.tools import _KEYS


def test_buttons_have_the_colours_of_the_style() -> None:
    for name, colour in COLOURS.items():
        assert f"--{name}: {colour}" in STYLE


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert "http" not in STYLE + SCRIPT
    assert "@import" not in STYLE


def test_the_page_listens_to_the_keys_that_it_names() -> None:
    for key in _KEYS:
        shown = {"space": " ", "arrows": "ArrowLeft"}.get(key, key)
        assert f"'{shown}'" in SCRIPT, key
