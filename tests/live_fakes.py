"""A camera's live pictures at a socket, without a camera."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from av.video.frame import VideoFrame

from awry.watch.ingest.live import Live
from awry.watch.ingest.live_server import LiveServer
from awry.watch.ingest.packets import Piece
from awry.watch.site.model import Camera
from ingest_fakes import moving

PATIENCE_S = 10.0


def camera(**values: object) -> Camera:
    """Settings of a camera."""
    return Camera.model_validate({"name": "door", "detect": "rtsp://c/live", **values})


def frame(number: int = 0) -> VideoFrame:
    """A picture of the moving square as a decoder gives it, 160 x 120."""
    return VideoFrame.from_ndarray(moving(number), format="rgb24").reformat(format="yuv420p")


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


class Served:
    """What is live of a camera, at a socket in a folder."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.live = Live(camera(**settings), lambda: 0.0)
        self.place = folder / "l-door"
        self.server = LiveServer(self.live, self.place)

    def add(self, *pieces: Piece) -> None:
        """Packets come."""
        for one in pieces:
            self.live.add(one)

    def followers(self, count: int) -> None:
        """Wait until so many follow."""
        until(lambda: len(self.live._followers) == count)
