from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import av
import pytest

from awry.watch.ingest.connection import AvFeed, Limits, camera_time, place
from awry.watch.ingest.packets import Arrival, Lost, Opened, Piece
from ingest_fakes import moving
from support import jpeg, serving

WAIT_S = 20
HEAD = b"--next\r\nContent-Type: image/jpeg\r\n\r\n"


def all_of(address: str, **limits: float) -> list[Arrival]:
    """What comes of an address, to its loss."""
    wake = threading.Event()
    feed = AvFeed(address, Limits(**{"connect_s": 5, "read_s": 5, **limits}), wake)
    came: list[Arrival] = []
    end = time.monotonic() + WAIT_S
    while not (came and isinstance(came[-1], Lost)):
        assert time.monotonic() < end
        wake.wait(1)
        wake.clear()
        came += feed.take()
    assert feed.join(WAIT_S)
    assert feed.take() == []
    return came


def lost(address: str, **limits: float) -> Lost:
    (only,) = all_of(address, **limits)
    assert isinstance(only, Lost)
    assert "s3cret" not in only.why
    return only


def pushed(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
    handler.end_headers()
    for number in range(10):
        handler.wfile.write(HEAD + jpeg(moving(number)) + b"\r\n")


def test_pushed_pictures_and_the_end_that_is_a_loss() -> None:
    with serving(pushed) as url:
        opened, *pieces, end = all_of(url)
    assert isinstance(opened, Opened)
    assert (opened.video.name, opened.has_clock, opened.audio) == ("mjpeg", False, None)
    assert len(pieces) >= 9
    assert all(isinstance(one, Piece) and one.is_key for one in pieces)
    assert pieces[0].codec.width == 160
    assert end.why.endswith(": the other side ended it.")
    assert not end.settings
    assert "s3cret" not in end.why


def refused(code: int) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: handler.send_error(code)


@pytest.mark.parametrize(
    ("code", "said", "settings"),
    [
        (401, "refuses the user or the password", True),
        (403, "forbids this user", True),
        (404, "has no such stream", True),
        (503, "", False),
    ],
)
def test_refusals(code: int, said: str, settings: bool) -> None:
    with serving(refused(code)) as url:
        loss = lost(url)
    assert said in loss.why
    assert loss.settings == settings
    assert loss.why.startswith("Cannot open http://***@127.0.0.1:")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    loss = lost(f"rtsp://user:s3cret@127.0.0.1:{port}/live")
    assert loss.why == f"Cannot open rtsp://***@127.0.0.1:{port}/live: Connection refused."
    assert not loss.settings


def test_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        loss = lost(f"rtsp://127.0.0.1:{port}/live", connect_s=0.3)
    assert loss.why.endswith("nothing came for 0.3 seconds.")


def test_sound_alone_is_no_video() -> None:
    data = io.BytesIO()
    with av.open(data, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame(format="s16", layout="stereo", samples=8000)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(data.getvalue())

    with serving(answer) as url:
        loss = lost(url)
    assert "it carries no video that can be decoded" in loss.why
    assert loss.settings


def test_what_is_no_address() -> None:
    loss = lost("user:s3cret@camera/live")
    assert "expected an address that starts with rtsp://" in loss.why
    assert loss.settings


def test_places() -> None:
    assert place("rtsp://c/live")[2]["rtsp_flags"] == "prefer_tcp"
    assert place("http://c/live")[2]["fpsprobesize"] == "2"
    assert place("/dev/video3")[:2] == ("v4l2", "/dev/video3")
    assert place("video.mp4") is None


def test_a_reader_that_is_not_heard_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is bounded; closing lets the reader go."""
    monkeypatch.setattr("awry.watch.ingest.connection._WAITING_BYTES", 20_000)
    wake = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        handler.end_headers()
        with suppress(OSError):
            for _ in range(100):
                handler.wfile.write(HEAD + jpeg(moving(0)) + b"\r\n")

    with serving(answer) as url:
        feed = AvFeed(url, Limits(5, 5), wake)
        assert wake.wait(WAIT_S)
        assert not feed.join(0.3)
        assert sum(len(one.data) for one in feed.take() if isinstance(one, Piece)) <= 30_000
        feed.close()
        assert feed.join(WAIT_S)
        assert feed.take() == []


def test_a_packet_without_the_cameras_time() -> None:
    assert camera_time(av.Packet(b"data")) is None
