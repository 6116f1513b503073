from __future__ import annotations

import logging

import pytest

from awry.watch.once import Once


def test_a_sentence_is_said_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    once = Once(logging.getLogger("awry.test"))
    for sentence in ("A 1 %s.", "A 1 %s.", "B.", "A 1 %s."):
        once.say(logging.WARNING, sentence)
    once.over()
    once.say(logging.WARNING, "A 1 %s.")
    assert caplog.messages == ["A 1 %s.", "B.", "A 1 %s.", "A 1 %s."]
