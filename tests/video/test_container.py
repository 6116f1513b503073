from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from awry.errors import SourceError
from awry.video.container import held_streams
from awry.video.files import VideoFile


def _file(path: Path, videos: list[tuple[str, int, int, int, Disposition]]) -> Path:
    """A file of several videos: codec, width, grey value, frames, disposition."""
    with av.open(str(path), "w") as container:
        streams = []
        for codec, width, _, _, disposition in videos:
            stream = container.add_stream(codec, rate=10)
            stream.width, stream.height = width, 64
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.disposition = disposition
            streams.append(stream)
        for stream, (_, width, grey, count, _) in zip(streams, videos, strict=True):
            for _ in range(count):
                image = np.full((64, width, 3), grey, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
            container.mux(stream.encode())
    return path


COVER = ("mjpeg", 320, 250, 1, Disposition.attached_pic)


def test_a_cover_is_no_video(tmp_path: Path) -> None:
    video = ("libx264", 128, 60, 5, Disposition.default)
    source = VideoFile(_file(tmp_path / "a.mp4", [COVER, video]))
    frames = list(source)
    assert [frame.image.shape for frame in frames] == [(64, 128, 3)] * 5
    assert source.health.ok


def test_a_file_with_a_cover_alone_holds_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with pytest.raises(SourceError, match="holds no video stream"):
        VideoFile(_file(path, [COVER]))


@pytest.mark.parametrize(
    ("default", "width"), [((True, False), 128), ((False, True), 192), ((False, False), 192)]
)
def test_of_several_videos_the_default_or_largest_is_read(tmp_path, default, width) -> None:
    widths = (128, 192)
    marks = [Disposition.default if one else Disposition(0) for one in default]
    videos = [("libx264", w, 60, 5, m) for w, m in zip(widths, marks, strict=True)]
    source = VideoFile(_file(tmp_path / "a.mkv", videos))
    assert [frame.image.shape[1] for frame in source] == [width] * 5
    assert "It holds 2 video streams" in source.health.notes[0]
    assert f"({width}x64) is read" in source.health.notes[0]


def test_pixels_that_are_not_square_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)
        for _ in range(3):
            image = np.zeros((64, 128, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    source = VideoFile(path)
    assert next(iter(source)).image.shape == (64, 128, 3)
    assert "not square (16:11)" in source.health.notes[0]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi"])
def test_a_video_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1600, 1200, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(1600, 1200, "yuv420p")))
        container.mux(stream.encode())
    monkeypatch.setenv("AWRY_MAX_PIXELS", "1000000")
    with pytest.raises(SourceError, match="1600 x 1200"):
        VideoFile(path)


def test_the_limit_holds_where_the_size_changes_in_the_middle(
    tmp_path: Path, numbered, monkeypatch
) -> None:
    path = numbered.make("a.ts", "libx264", 10)
    wide = _file(tmp_path / "b.ts", [("libx264", 1280, 90, 5, Disposition.default)])
    path.write_bytes(path.read_bytes() + wide.read_bytes())
    monkeypatch.setenv("AWRY_MAX_PIXELS", "20000")
    source = VideoFile(path)
    assert {frame.image.shape for frame in source} == {(96, 128, 3)}
    assert source.health.lost >= 4


def test_what_a_container_holds(tmp_path: Path) -> None:
    videos = [
        ("libx264", 128, 60, 5, Disposition(0)),
        ("mpeg4", 192, 60, 5, Disposition.default),
    ]
    with av.open(str(_file(tmp_path / "a.mkv", videos))) as container:
        small, large = held_streams(container)
    assert (small.codec, small.width, small.height, small.read) == ("h264", 128, 64, False)
    assert (large.codec, large.width, large.rate, large.read) == ("mpeg4", 192, 10.0, True)
