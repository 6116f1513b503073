"""The limit of a picture's size."""

from __future__ import annotations

import pytest

from awry.errors import ConfigError, DatasetError, SourceError
from awry.video.limits import MAX_PIXELS, VARIABLE, check_pixels, max_pixels


def test_the_limit_lies_between_8k_video_and_what_takes_gigabytes() -> None:
    assert max_pixels() == MAX_PIXELS
    check_pixels(7680, 4320, "a.mp4")
    with pytest.raises(SourceError, match=r"a\.mp4 has pictures of 16000 x 12000 pixels, more"):
        check_pixels(16000, 12000, "a.mp4")


def test_another_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1200")
    check_pixels(40, 30, "a.png")
    with pytest.raises(DatasetError, match="limit of 1200"):
        check_pixels(41, 30, "a.png", DatasetError)


@pytest.mark.parametrize("given", ["0", "-4", "many", "1e9", "9" * 5000])
def test_a_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ConfigError, match=VARIABLE):
        max_pixels()
