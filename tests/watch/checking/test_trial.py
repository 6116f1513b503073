"""A stream that is opened for a trial, and what is said of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.container import HeldStream
from awry.watch.checking.trial import WIDEST, trial


class Stream:
    """So many pictures of a size."""

    fps = 25.0
    streams = (HeldStream("video", "h264", 1280, 720, 25.0, True), HeldStream("audio", "aac"))

    def __init__(self, count: int) -> None:
        self.count, self.closed = count, False

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self.count):
            yield Frame(number, number / 10, np.full((720, 1280, 3), number, np.uint8))

    def close(self) -> None:
        self.closed = True


def test_a_stream_that_works() -> None:
    stream = Stream(20)
    found = trial("rtsp://door/live", lambda *_: stream)
    assert (found["problem"], found["width"], found["height"]) == ("", 1280, 720)
    assert found["rate"] == pytest.approx(10.0)
    assert [one["codec"] for one in found["streams"]] == ["h264", "aac"]
    picture = Image.open(io.BytesIO(base64.b64decode(found["picture"])))
    assert picture.size == (WIDEST, 540)
    assert np.asarray(picture)[0, 0, 0] == pytest.approx(19, abs=2)  # the newest
    assert stream.closed


def test_a_stream_without_pictures() -> None:
    found = trial("rtsp://door/live", lambda *_: Stream(0))
    assert found["problem"] == "It opened, but no picture came."
    assert "picture" not in found


@pytest.mark.parametrize("error", [SourceError("rtsp://me:s3cret@door refuses"), OSError("s3cret")])
def test_no_secret_is_said(error: Exception) -> None:
    def opener(*_: Any) -> Any:
        raise error

    found = trial("rtsp://me:s3cret@door", opener)
    assert found["problem"]
    assert "s3cret" not in str(found)
