"""Live pictures and video over a socket, to those who ask and not longer than they look."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.watch.ingest import live_server
from awry.watch.ingest.packets import Piece
from awry.watch.ipc.live import (
    MOST_VIEWERS,
    LiveBegin,
    NoLiveError,
    asking_video,
    picture_from,
    video_from,
)
from awry.watch.ipc.wire import parcel
from ingest_fakes import placed, walk
from live_fakes import Served, frame

PATIENCE_S = 10.0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.server.close()


def picture(place: Path, width: int = 0) -> object:
    return asyncio.run(picture_from(place, width))


async def some(place: Path, count: int) -> list[LiveBegin | bytes]:
    found: list[LiveBegin | bytes] = []
    coming = video_from(place)
    async for one in coming:
        found.append(one)
        if len(found) == count:
            break
    await coming.aclose()  # type: ignore[attr-defined]
    return found


def test_the_newest_picture_to_this_user_alone(served: Served) -> None:
    with pytest.raises(NoLiveError, match="No picture of this camera came yet") as error:
        picture(served.place)
    assert error.value.kind == "picture"
    served.live.see(frame(), 7.5)
    found = picture(served.place, 80)
    assert (found.at, found.width, found.height) == (7.5, 80, 60)  # type: ignore[attr-defined]
    assert found.jpeg == served.live.picture(80).jpeg  # type: ignore[attr-defined,union-attr]
    assert stat.S_IMODE(served.place.stat().st_mode) == 0o600


def test_video_from_the_newest_key_packet_until_it_ends(served: Served) -> None:
    pieces = placed(walk("h264", 30), 1000.0)
    served.add(*pieces[:15])
    begin, first, *_ = asyncio.run(some(served.place, 4))
    assert isinstance(begin, LiveBegin)
    assert begin.codec == "h264"
    assert isinstance(first, bytes)
    assert b"moov" in first
    served.followers(0)  # who is gone is followed by nobody

    async def ended() -> NoLiveError:
        try:
            async for one in video_from(served.place):
                if isinstance(one, bytes):
                    served.live.lost("The camera is away.")
        except NoLiveError as error:
            return error
        raise AssertionError

    error = asyncio.run(ended())
    assert (str(error), error.kind) == ("The camera is away.", "changed")


def test_mjpeg_says_that_browsers_do_not_play_it(served: Served) -> None:
    served.add(*placed(walk("mjpeg", 5), 1000.0))
    with pytest.raises(NoLiveError, match="is MJPEG") as error:
        asyncio.run(some(served.place, 1))
    assert (error.value.kind, error.value.codec) == ("codec", "mjpeg")


def test_masked_cameras_give_no_video(tmp_path: Path) -> None:
    corners = [[0, 0], [1, 0], [1, 1]]
    served = Served(tmp_path, recording="masked", ignore=[corners])
    with pytest.raises(NoLiveError, match="masked") as error:
        asyncio.run(some(served.place, 1))
    assert error.value.kind == "masked"
    served.server.close()


def test_who_takes_nothing_is_not_waited_for(served: Served) -> None:
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(served.place))
        slow.sendall(asking_video())
        served.followers(1)
        pieces = placed(walk("h264", 30), 1000.0)
        for round_ in range(40):
            more = placed(pieces, 3.0 * round_)
            big = [_padded(one) for one in more]
            served.add(*big)
        (follower,) = served.live._followers
        waiting = sum(len(one.data) for one in follower._pieces)
        assert waiting <= 9 * 2**20
        assert asyncio.run(some(served.place, 2))  # others are served meanwhile
    served.followers(0)


def _padded(piece: Piece) -> Piece:
    piece.data += b"\0\0\0\1\x0c" + b"\xff" * 60_000  # filler of H.264
    return piece


def test_at_most_so_many_watch(served: Served) -> None:
    guests = [socket.socket(socket.AF_UNIX) for _ in range(MOST_VIEWERS)]
    for number, one in enumerate(guests, 1):
        one.connect(str(served.place))
        one.sendall(asking_video())
        served.followers(number)
    with pytest.raises(NoLiveError, match="8 people watch") as error:
        asyncio.run(some(served.place, 1))
    assert error.value.kind == "busy"
    for one in guests:
        one.close()
    served.followers(0)


@pytest.mark.parametrize("rubbish", [b"\xff" * 64, parcel(b"x"), parcel(b"\0\0\0\2{}")])
def test_rubbish_is_disconnected(served: Served, rubbish: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(str(served.place))
        other.settimeout(PATIENCE_S)
        other.sendall(rubbish)
        assert other.recv(1) == b""


def test_who_asks_nothing_is_disconnected(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_server, "_SILENT_S", 0.0)
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(str(served.place))
        other.settimeout(PATIENCE_S)
        assert other.recv(1) == b""


def test_nothing_runs_while_nobody_watches(served: Served) -> None:
    woken: list[int] = []
    served.live.wake = lambda: woken.append(1)
    served.add(*placed(walk("h264", 30), 1000.0))
    served.live.see(frame(), 1.0)
    assert woken == []


def test_a_process_that_is_away_says_so(tmp_path: Path) -> None:
    for wish in (picture_from(tmp_path / "none", 0), some(tmp_path / "none", 1)):
        with pytest.raises(NoLiveError, match="does not answer") as error:
            asyncio.run(wish)
        assert error.value.kind == "away"
