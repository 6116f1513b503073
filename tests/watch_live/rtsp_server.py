"""Cameras on loopback for live tests: RTSP by GStreamer and MJPEG over HTTP, with every fault.

The server is a process of the system's Python (`camera_server.py`), which can be killed or stopped;
pictures are made and encoded here, by a thread, so what they show and how changes at any moment.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Literal

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Codec = Literal["h264", "h265", "jpeg"]
PYTHON = "/usr/bin/python3"
_SCRIPT = Path(__file__).with_name("camera_server.py")
_CHECK = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
)
_ENCODERS = {"h264": "libx264", "h265": "libx265"}
_OPTIONS = {
    "h264": {"preset": "ultrafast", "tune": "zerolatency"},
    "h265": {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=none"},
}


def needs_rtsp() -> None:
    """Skip the test where GStreamer's RTSP server is not installed."""
    if (
        not Path(PYTHON).exists()
        or subprocess.run([PYTHON, "-c", _CHECK], capture_output=True).returncode
    ):
        pytest.skip("needs gir1.2-gst-rtsp-server-1.0 and python3-gi from Debian")


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class LoopbackCamera:
    """A camera that shows pictures over and over.

    Args:
        pictures: uint8 RGB (h, w, 3), even sides.
        fps: pictures a second.
        kind: `rtsp` or `http` (MJPEG alone).
        codec: `h264`, `h265` or `jpeg`.
        key_every: pictures from one key picture to the next.
        password: of the user `camera`; None: everybody may look. RTSP alone.
        port: of loopback; None: a free one.

    Attributes:
        show: changes each picture before it is encoded, e.g. covers it; another size begins
            another encoder.
        corrupt: share of the encoded pictures in which bytes are spoiled.
        sent: pictures that were given to the server.
        sent_at: `time.time()` when each of the last 1000 was given, by its number.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        fps: float = 10.0,
        *,
        kind: Literal["rtsp", "http"] = "rtsp",
        codec: Codec = "h264",
        key_every: int = 10,
        password: str | None = None,
        port: int | None = None,
    ) -> None:
        self._pictures = pictures
        self.fps = fps
        self.kind = kind
        self.codec: Codec = "jpeg" if kind == "http" else codec
        self.key_every = key_every
        self.password = password
        self.port = free_port() if port is None else port
        self.show: Callable[[Picture, int], Picture] = lambda picture, number: picture
        self.corrupt = 0.0
        self.sent = 0
        self.sent_at: dict[int, float] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._encoder = _Encoder(self.codec, fps, key_every)
        self._thread = threading.Thread(target=self._feed, daemon=True)

    @property
    def address(self) -> str:
        """Where it is looked at, with the password."""
        user = f"camera:{self.password}@" if self.password else ""
        return f"{self.kind}://{user}127.0.0.1:{self.port}/live"

    def start(self) -> None:
        """Begin to serve; again after `kill`, at the same address."""
        user = ["camera", self.password] if self.password else []
        self._process = subprocess.Popen(
            [PYTHON, str(_SCRIPT), self.kind, str(self.port), self.codec, *user]
            if self.kind == "rtsp"
            else [PYTHON, str(_SCRIPT), self.kind, str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != b"ready":
            raise RuntimeError("the camera's server did not start")
        self._encoder.begin_anew()
        if not self._thread.is_alive():
            self._thread.start()

    def kill(self) -> None:
        """Kill the server; the address refuses connections from then on."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()

    def stop_answering(self) -> None:
        """The server hangs: connections stay open, and nothing comes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def answer(self) -> None:
        """The server goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def change_codec(self, codec: Codec) -> None:
        """Another codec; the server is begun anew, as cameras do."""
        self.kill()
        self.codec = codec
        self._encoder = _Encoder(codec, self.fps, self.key_every)
        self.start()

    def close(self) -> None:
        """End it."""
        self._ended.set()
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
        self.kill()
        if self._thread.is_alive():
            self._thread.join(5)

    def _feed(self) -> None:
        begin = time.monotonic()
        chance = np.random.default_rng(0)
        for number in count():
            late = begin + number / self.fps - time.monotonic()
            if self._ended.wait(max(0.0, late)):
                return
            process = self._process
            if process is None or process.stdin is None:
                continue
            picture = self.show(self._pictures[number % len(self._pictures)], number)
            for key, data in self._encoder.encode(picture):
                if chance.random() < self.corrupt:
                    data = spoiled(data, chance)
                with suppress(OSError, ValueError):
                    _put(process.stdin, key, data)
            self.sent = number + 1
            self.sent_at[number] = time.time()
            self.sent_at.pop(number - 1000, None)


class _Encoder:
    """Pictures become what cameras send; another size begins another encoder."""

    def __init__(self, codec: Codec, fps: float, key_every: int) -> None:
        self._codec, self._fps, self._key_every = codec, fps, key_every
        self._context: av.VideoCodecContext | None = None
        self._number = 0

    def begin_anew(self) -> None:
        self._context = None

    def encode(self, picture: Picture) -> Iterator[tuple[bool, bytes]]:
        """Whether it is a key picture, and its data."""
        if self._codec == "jpeg":
            _, data = cv2.imencode(".jpg", picture[..., ::-1])
            yield True, data.tobytes()
            return
        context = self._context
        size = (picture.shape[1], picture.shape[0])
        if context is None or (context.width, context.height) != size:
            context = self._context = self._made(size)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, self._number = self._number, self._number + 1
        for packet in context.encode(frame):
            yield packet.is_keyframe, bytes(packet)

    def _made(self, size: tuple[int, int]) -> av.VideoCodecContext:
        context = av.CodecContext.create(_ENCODERS[self._codec], "w")
        assert isinstance(context, av.VideoCodecContext)
        context.width, context.height = size
        context.pix_fmt = "yuv420p"
        context.framerate = round(self._fps)
        context.gop_size = self._key_every
        context.thread_count = 1
        context.options = dict(_OPTIONS[self._codec])
        return context


def _put(pipe: IO[bytes], key: bool, data: bytes) -> None:
    pipe.write(bytes([key]) + len(data).to_bytes(4, "big") + data)
    pipe.flush()


def spoiled(data: bytes, chance: np.random.Generator) -> bytes:
    """Encoded data with wrong bytes behind its headers."""
    damaged = bytearray(data)
    for place in chance.integers(min(60, len(data) - 1), len(data), size=max(3, len(data) // 200)):
        damaged[place] ^= int(chance.integers(1, 256))
    return bytes(damaged)


@contextmanager
def loopback_camera(
    pictures: Sequence[Picture], fps: float = 10.0, **more: object
) -> Iterator[LoopbackCamera]:
    """A `LoopbackCamera` that serves inside of the block; the test is skipped without GStreamer."""
    if more.get("kind", "rtsp") == "rtsp":
        needs_rtsp()
    camera = LoopbackCamera(pictures, fps, **more)  # type: ignore[arg-type]
    camera.start()
    try:
        yield camera
    finally:
        camera.close()
