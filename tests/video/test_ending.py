from __future__ import annotations

import pytest

from awry.video.ending import Ending, is_closed

URL = "http://127.0.0.1:9/video"


@pytest.mark.parametrize(
    ("ending", "failed", "last_s", "loss"),
    [
        (Ending(True, 100, 60.0), True, 59.0, None),
        (Ending(True, 100, 60.0), True, 30.0, "it broke off before its announced end"),
        (Ending(True, 100, None), False, 30.0, None),
        (Ending(False, None, None), False, 30.0, "the other side ended it"),
        (Ending(True, None, None), False, 30.0, "the other side ended it"),
        (Ending(True, None, None), True, 30.0, "the other side ended it and answers no more"),
    ],
)
def test_what_was_lost(ending: Ending, failed: bool, last_s: float, loss: str | None) -> None:
    error = OSError(5, "Input/output error") if failed else None
    assert ending.loss(error, last_s, URL) == loss


def test_an_open_end_announces_neither_size_nor_length() -> None:
    assert Ending(True, None, None).is_open
    assert not Ending(True, 10, None).is_open
    assert not Ending(False, None, 2.0).is_open


def test_an_input_error_may_be_the_other_sides_end() -> None:
    assert is_closed(OSError(5, "Input/output error"))
    assert not is_closed(OSError(28, "No space left on device"))
    assert not is_closed(ValueError("something else"))
