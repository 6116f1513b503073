from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.hwaccel import HWAccel

from awry.errors import SourceError
from awry.frames import Frame
from awry.video import Camera, LiveStream, Source
from awry.video.live import device_input
from support import jpeg, rtsp_camera, serving, talking


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Connections are accepted by the system and then never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def reds(n: int) -> list[bytes]:
    """Pictures that are 10 levels redder each."""
    return [jpeg(np.full((48, 64, 3), (10 * number, 0, 0), np.uint8)) for number in range(n)]


def pushed(
    pictures: Sequence[bytes], done: threading.Event | None = None
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        handler.end_headers()
        for picture in pictures:
            handler.wfile.write(
                b"--next\r\nContent-Type: image/jpeg\r\n"
                + f"Content-Length: {len(picture)}\r\n\r\n".encode()
                + picture
                + b"\r\n"
            )
        handler.wfile.flush()
        if done is not None:
            done.wait(20)

    return answer


def read(stream: LiveStream) -> tuple[list[Frame], str]:
    """A stream's frames, and how it ended."""
    frames = []
    try:
        for frame in stream:
            frames.append(frame)
    except SourceError as error:
        return frames, str(error)
    return frames, ""


def assert_no_secret(error: pytest.ExceptionInfo[SourceError], *more: str) -> None:
    chain = [error.value, error.value.__cause__, error.value.__context__]
    text = " ".join(map(repr, [one for one in chain if one is not None])) + " ".join(more)
    assert "s3cret" not in text
    assert "t0ken" not in text


def test_plain_file_over_http(make_video) -> None:
    content = make_video("a.ts", "mpeg2video", 20).read_bytes()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    with serving(answer) as url, LiveStream(url, 5, 5) as stream:
        frames = list(stream)
        assert isinstance(stream, Source)
        assert stream.fps == 25
        assert [frame.index for frame in frames] == list(range(20))
        assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(20)])
        assert frames[0].image.shape == (96, 128, 3)
        assert "s3cret" not in stream.name
        assert "t0ken" not in stream.name
        with pytest.raises(SourceError, match="read once"):
            list(stream)


def test_pushed_pictures_over_http(monkeypatch) -> None:
    arrivals = iter(np.arange(100, 200, 0.5))
    with serving(pushed(reds(12))) as url:
        stream = LiveStream(url, 5, 5)
        stream._clock = lambda: next(arrivals)
        assert stream.started_at is None
        before = datetime.now(UTC)
        frames, problem = read(stream)
    assert before <= stream.started_at <= datetime.now(UTC)
    assert stream.started_at.utcoffset() is not None
    assert "the other side ended it" in problem
    assert stream.fps is None
    assert len(frames) == 12
    # Times are those of arrival, not those of a made-up rate.
    assert [frame.time_s for frame in frames] == [0.5 * i for i in range(12)]
    seen = [int(frame.image[24, 32, 0]) for frame in frames]
    assert np.abs(np.array(seen) - 10 * np.arange(12)).max() < 12


def sent(
    content: bytes, *, announced: int | None = None, chunked: bool = False
) -> Callable[[BaseHTTPRequestHandler], None]:
    """A file over HTTP: with its length, in chunks, or up to the connection's end."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1" if chunked else "HTTP/1.0"
        handler.send_response(200)
        if announced is not None:
            handler.send_header("Content-Length", str(announced))
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) if chunked else content
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    ("name", "chunked", "share", "lost"),
    [
        ("a.ts", False, None, ""),  # HTTP/1.0 has no other way to end a file
        ("a.ts", False, 1, ""),
        ("a.ts", False, 2, "broke off before its announced end"),
        ("a.ts", True, None, "the other side ended it"),
        ("a.mkv", True, None, ""),  # it announces how long it is
        ("a.mkv", False, None, ""),
    ],
)
def test_only_a_file_over_http_ends_in_order(
    make_video, name: str, chunked: bool, share: int | None, lost: str
) -> None:
    content = make_video(name, "libx264", 20).read_bytes()
    announced = None if share is None else len(content) * share
    with serving(sent(content, announced=announced, chunked=chunked)) as url:
        stream = LiveStream(url, 5, 5)
        frames, problem = read(stream)
    assert not stream.is_live
    assert stream.started_at is None
    assert len(frames) == 20  # those too that the decoder held back
    assert lost in problem
    assert bool(problem) == bool(lost)
    assert stream.health.ok


def test_a_stream_whose_server_dies_is_lost(make_video) -> None:
    content = make_video("a.ts", "libx264", 20).read_bytes()

    def http(connection: socket.socket, listener: socket.socket) -> None:
        listener.close()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + content)

    def plain(connection: socket.socket, _: socket.socket) -> None:
        connection.sendall(content)

    for scheme, talk in (("http", http), ("tcp", plain), ("rtsp", rtsp_camera(content))):
        with talking(talk) as port:
            stream = LiveStream(f"{scheme}://127.0.0.1:{port}/live", 5, 5)
            frames, problem = read(stream)
        # Of RTP, FFmpeg gives a picture when the next one begins.
        assert len(frames) == (19 if scheme == "rtsp" else 20)
        assert problem.startswith(f"Lost the stream {scheme}://127.0.0.1")
        assert "the other side ended it" in problem
        assert stream.is_live == (scheme != "http")


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
@pytest.mark.parametrize(("at", "seconds"), [(12, 9800), (12, 3), (0, 3), (29, 70)])
def test_one_wild_stamp_moves_no_other_frame(
    make_video, tmp_path: Path, codec: str, at: int, seconds: float
) -> None:
    with (
        av.open(str(make_video("a.ts", codec, 30))) as plain,
        av.open(str(tmp_path / "wild.ts"), "w") as wild,
    ):
        stream = wild.add_stream_from_template(plain.streams.video[0])
        for number, packet in enumerate(plain.demux(video=0)):
            if packet.size:
                packet.stream = stream
                packet.pts += int((number == at) * seconds / packet.time_base)
                wild.mux(packet)
    with serving(sent((tmp_path / "wild.ts").read_bytes())) as url:
        live = LiveStream(url, 5, 5)
        frames, _ = read(live)
    expected = [n / 25 for n in range(30)]
    assert [frame.time_s for frame in frames[:29]] == pytest.approx(expected[:29])
    assert len(frames) == 30
    assert any("runs ahead" in note for note in live.health.notes)


def test_a_size_that_changes_is_noted_when_it_does(texture) -> None:
    pictures = [jpeg(image) for image in texture(4)]
    pictures += [jpeg(image[:48, :64]) for image in texture(4)]
    with serving(pushed(pictures)) as url:
        stream = LiveStream(url, 5, 5)
        frames, _ = read(stream)
    assert [frame.image.shape[:2] for frame in frames] == [(96, 128)] * 4 + [(48, 64)] * 4
    assert "size changes from 128x96 to 64x48 from frame 4" in stream.health.notes[0]


def test_pushed_pictures_that_are_cut_off_are_damaged(texture) -> None:
    pictures = [jpeg(image) for image in texture(12)]
    for number, share in ((3, 0.5), (7, 0.9), (8, 0.99)):
        pictures[number] = pictures[number][: int(len(pictures[number]) * share)]
    with serving(pushed(pictures)) as url:
        stream = LiveStream(url, 5, 5)
        frames, _ = read(stream)
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.index for frame in frames if frame.damaged] == [3, 7, 8]
    assert stream.health.damaged == [3, 7, 8]
    assert stream.health.notes[0].startswith("There are damaged pictures from frame 3")


@pytest.mark.parametrize("scheme", ["http", "rtsp", "rtmp"])
def test_a_server_that_says_nothing(scheme: str, silent_port: int) -> None:
    url = f"{scheme}://watcher:s3cret@127.0.0.1:{silent_port}/live/x"
    with pytest.raises(SourceError, match=r"nothing came for 0\.3 seconds") as error:
        LiveStream(url, connect_timeout_s=0.3)
    assert_no_secret(error)


def test_a_stream_that_falls_silent(monkeypatch) -> None:
    done = threading.Event()
    with serving(pushed(reds(12), done)) as url:
        try:
            stream = LiveStream(url, 5, read_timeout_s=0.3)
            frames = iter(stream)
            assert next(frames).index == 0
            with pytest.raises(SourceError, match=r"Lost the stream .* nothing came") as error:
                list(frames)
        finally:
            done.set()
    assert_no_secret(error)


def test_a_server_that_refuses() -> None:
    refusing = serving(lambda handler: handler.send_error(401))
    with refusing as url, pytest.raises(SourceError, match="401") as error:
        LiveStream(url, 5, 5)
    assert_no_secret(error)


@pytest.mark.parametrize("scheme", ["http", "rtsp", "rtmp"])
def test_nobody_listens(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SourceError, match="refused") as error:
        LiveStream(f"{scheme}://watcher:s3cret@127.0.0.1:{port}/x/y", 2, 2)
    assert_no_secret(error)


def test_udp_without_a_sender() -> None:
    with pytest.raises(SourceError, match="nothing came"):
        LiveStream("udp://127.0.0.1:0", connect_timeout_s=0.2)


def test_another_scheme_is_refused_without_its_password() -> None:
    with pytest.raises(SourceError, match="starts with rtsp://") as error:
        LiveStream("ftp://watcher:s3cret@host/x?password=t0ken")
    assert_no_secret(error)


def test_camera_through_a_generated_picture() -> None:
    camera = Camera("testsrc=size=64x48:rate=10:duration=1", format="lavfi")
    frames = list(camera)
    assert isinstance(camera, Source)
    assert camera.fps == 10
    assert [frame.time_s for frame in frames] == pytest.approx([i / 10 for i in range(10)])
    assert frames[0].image.shape == (48, 64, 3)


def test_a_camera_without_a_hardware_decoder_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awry.video.live.accelerator", lambda: HWAccel("qsv"))
    camera = Camera("testsrc=size=64x48:rate=10:duration=1", format="lavfi")
    assert len(list(camera)) == 10
    (said,) = camera.health.remarks
    assert said.startswith("Decoded in software: the hardware has no decoder of ")
    assert camera.health.ok


def test_camera_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="Cannot open the camera /dev/video987: No such file"):
        Camera("/dev/video987", format="lavfi" if "v4l2" not in _formats() else None)


def _formats() -> set[str]:
    try:
        av.open("/dev/video987", format="v4l2")
    except ValueError:
        return set()
    except av.FFmpegError:
        return {"v4l2"}
    return {"v4l2"}


def test_device_names() -> None:
    assert device_input("0", "linux") == ("v4l2", "/dev/video0")
    assert device_input("/dev/video2", "linux") == ("v4l2", "/dev/video2")
    assert device_input("0", "darwin") == ("avfoundation", "0")
    assert device_input("HD Camera", "win32") == ("dshow", "video=HD Camera")
