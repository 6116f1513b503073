from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import pytest

from awry.errors import ConfigError, FootageError, FrameError, MissingError, WriteError
from awry.video import VideoFile, VideoWriter
from awry.video.writer import _ENCODERS

BLACK = np.zeros((16, 16, 3), np.uint8)
HAVE = [codec for codec in _ENCODERS if codec in av.codecs_available]


def write(path: Path, images: Iterable[np.ndarray]) -> None:
    with VideoWriter(path, 25, size=(16, 16)) as writer:
        for image in images:
            writer.write(image)


@pytest.mark.parametrize("codec", HAVE)
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_round_trip_with_odd_sizes(tmp_path, monkeypatch, texture, codec, ending) -> None:
    monkeypatch.setattr(av, "codecs_available", {codec})
    images = texture(8, 97, 127)
    path = tmp_path / f"out.{ending}"
    with VideoWriter(path, 12.5, size=(97, 127)) as writer:
        for image in images:
            writer.write(image)
        assert not path.exists()
    assert writer.codec == codec
    assert writer.notes == []
    assert list(tmp_path.iterdir()) == [path]
    source = VideoFile(path)
    frames = list(source)
    assert source.fps == pytest.approx(12.5)
    assert len(frames) == 8
    for frame, image in zip(frames, images, strict=True):
        assert frame.image.shape == (98, 128, 3)
        assert np.abs(frame.image[:97, :127].astype(int) - image).mean() < 20
    with av.open(str(path)) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p"


def test_h264_comes_first_and_webm_is_vp9(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(av, "codecs_available", {"libx264", "libvpx-vp9"})
    assert VideoWriter(tmp_path / "a.mp4", 25, size=(4, 4)).codec == "libx264"
    assert VideoWriter(tmp_path / "a.webm", 25, size=(4, 4)).codec == "libvpx-vp9"
    assert VideoWriter(tmp_path / "a", 25, size=(4, 4)).path == tmp_path / "a.mp4"
    monkeypatch.setattr(av, "codecs_available", set())
    with pytest.raises(MissingError, match="libx264, libvpx-vp9"):
        VideoWriter(tmp_path / "a.mp4", 25, size=(4, 4))


def test_unknown_rate_is_said(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", None, size=(16, 16))
    with writer:
        writer.write(np.zeros((16, 16, 3), np.uint8))
    assert "plays at 25 per second" in writer.notes[0]
    assert VideoFile(tmp_path / "a.mp4").fps == 25


@pytest.mark.parametrize(("name", "fps", "size"), [("a.gif", 5, (4, 4)), ("a.mp4", 0, (4, 4))])
def test_what_cannot_be_written(tmp_path: Path, name: str, fps: float, size) -> None:
    with pytest.raises(ConfigError, match="Cannot write"):
        VideoWriter(tmp_path / name, fps, size=size)


@pytest.mark.parametrize(
    "image", [np.zeros((16, 18, 3), np.uint8), np.zeros((16, 16, 3)), np.zeros((16, 16), np.uint8)]
)
def test_a_frame_that_does_not_fit_leaves_no_file(tmp_path: Path, image: np.ndarray) -> None:
    with pytest.raises(FrameError, match=r"shape \(16, 16, 3\)"):
        write(tmp_path / "a.mp4", [BLACK, image])
    assert list(tmp_path.iterdir()) == []


def test_the_file_before_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError):
        write(path, (BLACK // (1 // i) for i in (1, 1, 0)))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_no_frames_and_outside_of_the_block(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", 25, size=(16, 16))
    with pytest.raises(WriteError, match="not open"):
        writer.write(np.zeros((16, 16, 3), np.uint8))
    with pytest.raises(FootageError, match="No frame was written"), writer:
        pass
    assert list(tmp_path.iterdir()) == []


def test_full_disk(tmp_path: Path) -> None:
    class Full:
        def mux(self, packet: object) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    def fill() -> None:
        with VideoWriter(tmp_path / "a.mp4", 25, size=(16, 16)) as writer:
            writer._container = Full()  # type: ignore[assignment]
            for _ in range(100):
                writer.write(BLACK)

    with pytest.raises(WriteError, match="No space left"):
        fill()
    assert list(tmp_path.iterdir()) == []
