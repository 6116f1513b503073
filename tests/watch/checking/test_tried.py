"""What is made of a trial, which ran in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from awry.watch.checking.apart import ApartError
from awry.watch.checking.tried import LATE, try_address

FOUND = {
    "problem": "",
    "width": 3840,
    "height": 2160,
    "rate": 2.0,
    "streams": [
        {"kind": "video", "codec": one, "width": 1, "height": 1, "rate": None, "read": False}
        for one in ("h264", "hevc", "mjpeg", "cinepak")
    ]
    + [{"kind": "audio", "codec": "aac", "width": 0, "height": 0, "rate": None, "read": False}],
    "picture": "abc",
}


def test_what_browsers_make_of_it_and_what_is_better() -> None:
    given: list[Any] = []

    def apart(module: str, wanted: Mapping[str, Any], limit_s: float) -> dict[str, Any]:
        given.append((module, wanted))
        return FOUND

    tried = try_address("rtsp://door", apart)
    assert given == [("awry.watch.checking.trial", {"address": "rtsp://door"})]
    said = [one.browsers for one in tried.streams]
    assert said == ["video", "some", "pictures", "pictures", "none"]
    slow, large = tried.remarks
    assert "2.0 pictures a second" in slow
    assert "3840x2160" in large
    assert tried.picture == "abc"


def test_a_problem_comes_without_remarks() -> None:
    tried = try_address("rtsp://door", lambda *_: {"problem": "It is away.", "streams": []})
    assert (tried.problem, tried.remarks, tried.picture) == ("It is away.", (), "")


def test_a_process_that_gives_no_answer() -> None:
    def apart(*_: Any) -> Any:
        raise ApartError

    assert try_address("rtsp://door", apart).problem == LATE


@pytest.mark.parametrize("address", ["rtsp://me:s3cret@127.0.0.1:1/live"])
def test_a_real_process_says_why_not_and_no_secret(address: str) -> None:
    tried = try_address(address)
    assert "rtsp://***@127.0.0.1:1/live" in tried.problem
    assert "s3cret" not in str(tried)
