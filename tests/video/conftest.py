"""Small videos and pictures, made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from awry.frames import Frame
from awry.video.source import SourceHealth


def moving_texture(n: int, height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    """(n, H, W, 3) frames of a soft texture that moves two pixels a frame."""
    noise = np.random.default_rng(0).random((height, width, 3))
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    texture = ((soft - soft.min()) / np.ptp(soft) * 255).astype(np.uint8)
    return np.stack([np.roll(texture, 2 * i, axis=1) for i in range(n)])


@pytest.fixture(scope="session")
def texture() -> Callable[..., NDArray[np.uint8]]:
    return moving_texture


MakeVideo = Callable[..., Path]


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Encode frames; `stamps` are milliseconds."""

    def make(
        name: str,
        codec: str = "mpeg4",
        n: int = 60,
        *,
        gop: int = 12,
        rate: int = 25,
        stamps: Sequence[int] | None = None,
    ) -> Path:
        path = tmp_path / name
        images = moving_texture(n)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate)
            stream.height, stream.width = images.shape[1:3]
            stream.pix_fmt = "yuv420p"
            stream.codec_context.gop_size = gop
            if stamps is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            for i, image in enumerate(images):
                picture = av.VideoFrame.from_ndarray(image, format="rgb24")
                if stamps is not None:
                    picture.pts, picture.time_base = stamps[i], Fraction(1, 1000)
                for packet in stream.encode(picture):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        return path

    return make


class FakeSource:
    """A source whose frames are given, with whatever health."""

    def __init__(
        self, frames: Sequence[Frame], fps: float | None = 10.0, health: SourceHealth | None = None
    ) -> None:
        self.frames = frames
        self.name = "fake"
        self.fps = fps
        self.health = health or SourceHealth()

    def __iter__(self):
        yield from self.frames


@pytest.fixture(scope="session")
def fake_source() -> type[FakeSource]:
    return FakeSource
