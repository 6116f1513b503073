"""What is said of live pictures: read back, or refused."""

from __future__ import annotations

import pytest

from awry.errors import InputError
from awry.watch.ipc.codec import pack, unpack
from awry.watch.ipc.live import (
    LiveBegin,
    LivePicture,
    asked_of,
    asking_picture,
    asking_video,
    said_begin,
    said_data,
    said_none,
    said_picture,
)
from awry.watch.ipc.wire import Parcels


def test_wishes_come_back() -> None:
    first, second = Parcels().feed(asking_picture(640) + asking_video())
    assert (asked_of(first), asked_of(second)) == (640, None)


@pytest.mark.parametrize(
    "values", [["picture"], ["picture", -1], ["picture", 1e9], ["picture", True], ["x"], {}, None]
)
def test_other_wishes_are_refused(values: object) -> None:
    with pytest.raises(InputError):
        asked_of(pack(values))


def test_what_is_said() -> None:
    assert unpack(said_picture(LivePicture(1.5, 4, 3, b"j"))) == (["picture", 1.5, 4, 3], [b"j"])
    begin = LiveBegin("video/mp4", "h264", 4, 3)
    assert unpack(said_begin(begin))[0] == ["begin", "video/mp4", "h264", 4, 3]
    assert unpack(said_data(b"abc")) == (["data"], [b"abc"])
    assert unpack(said_none("no.", "codec", "mjpeg"))[0] == ["none", "no.", "codec", "mjpeg"]
