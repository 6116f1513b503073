"""States, flags and whether a camera watches: each has words in each language."""

from __future__ import annotations

from typing import get_args

import pytest

from awry.pages import LANGUAGES
from awry.watch.messages import CameraState, Flag
from awry.watch.watching import Watching
from awry.watch.web.pages.state_words import flag_words, state_words, watching_words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_flag_has_words(language: str) -> None:
    assert state_words(language).keys() == set(get_args(CameraState))
    assert flag_words(language).keys() == set(get_args(Flag))
    assert watching_words(language).keys() == set(get_args(Watching))
    for words in (state_words(language), flag_words(language)):
        assert len(set(words.values())) == len(words)


def test_german_is_german() -> None:
    assert state_words("de")["running"] != state_words("en")["running"]
