"""Small videos and pictures, made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
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
            # By itself it takes as many threads as there are cores, and cuts pictures by them.
            stream.codec_context.thread_count = 2
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


def number_picture(number: int) -> NDArray[np.uint8]:
    """A picture (96, 128, 3) that shows its number in eight black or white bars, and moves."""
    image = np.full((96, 128, 3), 60, np.uint8)
    for bit in range(8):
        image[40:56, bit * 16 : (bit + 1) * 16] = 220 if number >> bit & 1 else 20
    image[number % 30 : number % 30 + 6, number * 5 % 110 : number * 5 % 110 + 10] = 180
    return image


def number_on(image: NDArray[np.uint8]) -> int:
    """The number that such a picture shows."""
    bars = image[44:52].mean(axis=(0, 2)).reshape(8, 16)[:, 4:12].mean(axis=1)
    return sum(int(bars[bit] > 120) << bit for bit in range(8))


@dataclass(frozen=True)
class Numbered:
    """Videos of 10 frames a second whose frames show their numbers, with losses on demand."""

    folder: Path

    read = staticmethod(number_on)

    def make(
        self,
        name: str,
        codec: str,
        n: int = 60,
        *,
        bad: Collection[int] = (),
        dropped: Collection[int] = (),
        shifts: Mapping[int, float] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Path:
        """Encode; of `bad` packets the data are zeros, `shifts` adds seconds to stamps."""
        path = self.folder / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=10, options=dict(options or {}))
            stream.width, stream.height = 128, 96
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            pictures = [av.VideoFrame.from_ndarray(number_picture(i)) for i in range(n)]
            packets = (p for picture in [*pictures, None] for p in stream.encode(picture))
            for number, packet in enumerate(packets):
                if number in bad:
                    packet = _zeros(packet)
                if shifts and number in shifts:
                    packet.pts += round(shifts[number] / packet.time_base)
                if number not in dropped:
                    container.mux(packet)
        return path


def _zeros(packet: av.Packet) -> av.Packet:
    empty = av.Packet(bytes(300))
    empty.stream, empty.time_base = packet.stream, packet.time_base
    empty.pts, empty.dts = packet.pts, packet.dts
    return empty


@pytest.fixture
def numbered(tmp_path: Path) -> Numbered:
    return Numbered(tmp_path)


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
