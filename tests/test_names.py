"""Names of files in whatever encoding."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from awry.errors import SourceError
from awry.names import name_key, shown, writable


@given(st.binary(max_size=20))
def test_any_name_of_a_file_can_be_written(raw: bytes) -> None:
    name = os.fsdecode(raw)
    shown(name).encode("utf-8")
    assert name_key(shown(name)) == name_key(name)


@given(st.text(st.characters(codec="utf-8")))
def test_what_can_be_written_stays_as_it_is(text: str) -> None:
    assert writable(text) == text


def test_half_a_pair_of_surrogates_is_escaped() -> None:
    assert shown("a\ud800b") == "a\\ud800b"


def test_messages_of_errors_can_be_written() -> None:
    assert str(SourceError("Cannot open caf\udce9.mp4.")) == "Cannot open caf\\xe9.mp4."
