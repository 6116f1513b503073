"""Cameras that are opened at once, each with whatever it does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from awry.errors import SourceError
from awry.frames import Frame
from awry.watch.checking import cameras
from awry.watch.checking.cameras import look_at_all, open_live
from awry.watch.site.model import Camera, Site


class Stream:
    """So many pictures at a rate."""

    def __init__(self, count: int, rate: float = 10.0, fps: float | None = None) -> None:
        self.fps = fps
        self.closed = False
        self._times = [number / rate for number in range(count)]

    def __iter__(self) -> Iterator[Frame]:
        image = np.zeros((48, 64, 3), np.uint8)
        for number, time_s in enumerate(self._times):
            yield Frame(number, time_s, image)

    def close(self) -> None:
        self.closed = True


def site(**addresses: str) -> Site:
    made = {
        name: Camera.model_validate({"name": name, "detect": f"rtsp://root:s3cret@{host}"})
        for name, host in addresses.items()
    }
    return Site.model_validate({"store": "/s", "cameras": made})


def test_size_and_rate_are_seen() -> None:
    stream = Stream(31)
    seen = look_at_all(site(door="d"), lambda *_: stream)[("door", "detect")]
    assert (seen.width, seen.height, seen.problem) == (64, 48, "")
    assert seen.rate == pytest.approx(10.0)
    assert stream.closed


def test_too_few_pictures_for_a_rate() -> None:
    known = look_at_all(site(door="d"), lambda *_: Stream(3, fps=25))[("door", "detect")]
    assert known.rate == 25
    unknown = look_at_all(site(door="d"), lambda *_: Stream(3))[("door", "detect")]
    assert unknown.rate is None
    none = look_at_all(site(door="d"), lambda *_: Stream(0))[("door", "detect")]
    assert none.problem == "It opened, but no picture came."


def test_each_camera_has_its_own_problem() -> None:
    def opener(address: str, connect_s: float, read_s: float) -> Any:
        if "@good" in address:
            return Stream(20)
        if "@refused" in address:
            raise SourceError(f"Cannot open {address}: refused.")
        raise ValueError(address)

    seen = look_at_all(site(a="good", b="refused", c="odd"), opener)
    assert seen["a", "detect"].problem == ""
    assert "refused" in seen["b", "detect"].problem
    assert seen["c", "detect"].problem == "rtsp://***@odd cannot be read: ValueError."
    assert "s3cret" not in repr(seen)


def test_they_are_opened_at_once() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def opener(*_: object) -> Any:
        meeting.wait()
        return Stream(5)

    seen = look_at_all(site(a="a", b="b", c="c"), opener)
    assert [one.problem for one in seen.values()] == [""] * 3


def test_one_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "MORE_S", 0.0)
    hung = threading.Event()
    two = site(a="good", b="hangs")
    for camera in two.cameras.values():
        object.__setattr__(camera, "connect_timeout_s", 0.1)
        object.__setattr__(camera, "read_timeout_s", 0.1)

    def opener(address: str, *_: float) -> Any:
        if "hangs" in address:
            hung.wait(30)
        return Stream(5)

    try:
        seen = look_at_all(two, opener, seconds=0.0)
    finally:
        hung.set()
    assert seen["a", "detect"].width == 64
    assert "did not answer" in seen["b", "detect"].problem


def test_both_streams_are_opened_and_disabled_cameras_are_not() -> None:
    one = {"name": "a", "detect": "rtsp://a/1", "record": "rtsp://a/2"}
    off = {"name": "b", "detect": "rtsp://b/1", "enabled": False}
    two = Site.model_validate({"store": "/s", "cameras": {"a": one, "b": off}})
    assert list(look_at_all(two, lambda *_: Stream(5))) == [("a", "detect"), ("a", "record")]


def test_a_stream_and_a_device_that_are_not_there() -> None:
    with pytest.raises(SourceError, match="Cannot open the stream"):
        open_live("rtsp://root:s3cret@127.0.0.1:9/live", 5, 5)
    with pytest.raises(SourceError, match="Cannot open the camera"):
        open_live("/dev/video97", 5, 5)
