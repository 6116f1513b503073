"""No secret of the settings passes, in whatever way it is written."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.watch.supervisor.scrub import Scrubber, secrets_in, secrets_of

ADDRESS = "rtsp://root:pa/ss@camera.local:554/live/topsecretpath?token=abcdefghij"


def test_an_address_shows_its_harmless_parts() -> None:
    scrub = Scrubber(secrets_of({"camera": {"detect": ADDRESS}}))
    assert scrub(f"cannot open {ADDRESS}!") == "cannot open rtsp://***!"
    assert scrub("login root:pa/ss failed") == "login *** failed"
    assert scrub("GET /live/topsecretpath") == "GET /live/***"
    assert "abcdefghij" not in scrub("token=abcdefghij")
    assert scrub("camera.local:554 is away") == "camera.local:554 is away"


@settings(max_examples=40, deadline=None)
@given(password=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=4))
def test_a_password_does_not_pass_in_any_writing(password: str) -> None:
    scrub = Scrubber(secrets_of({"mqtt": [{"password": password}]}))
    for said in (password, quote(password, safe=""), repr(password), json.dumps(password)):
        assert password not in scrub(f"A{said}Z") or password in "A***Z"
        assert said not in scrub(f"A{said}Z") or said in ("A***Z", "***")


@pytest.mark.parametrize(
    "address",
    [
        "tgram://123456789:AAbbCCddEE/chat",
        "mailto://me:password1@example.org",
        "slack://TokenAAA/TokenBBB",
    ],
)
def test_tokens_of_services_do_not_pass(address: str) -> None:
    scrub = Scrubber(secrets_of({"notify": [{"name": "me", "to": address}]}))
    for token in ("AAbbCCddEE", "password1", "TokenAAA", "TokenBBB"):
        if token in address:
            assert token not in scrub(f"refused: {token}")
    assert address not in scrub(address)


def test_short_words_and_other_settings_stay() -> None:
    assert secrets_of({"password": "ab", "name": "a-long-name", "detect": None}) == frozenset()
    assert Scrubber()("anything") == "anything"


def test_text_that_is_no_settings() -> None:
    assert secrets_in("no json") == frozenset()
    assert secrets_in('{"password": "long-enough"}') == {"long-enough"}
