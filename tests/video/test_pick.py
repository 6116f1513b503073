"""Single frames are the same as reading in order gives, however they are had."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from awry.datasets.clips import Excerpt
from awry.errors import SourceError
from awry.frames import Frame
from awry.training.footage import Blanked
from awry.video import images
from awry.video.files import VideoFile
from awry.video.ignore import IgnoreRegions
from awry.video.images import ImageFolder
from awry.video.memory import ArraySource
from awry.video.pick import picked
from awry.video.seek import frames_at
from awry.video.source import Source
from awry.video.thin import Thinned
from support import moving_square, write_images

LENGTH = 90
# Ending, encoder, its options, whether the file can be searched exactly (None: either way).
KINDS = {
    "H.264 in MP4": (".mp4", "libx264", {"g": "12", "bf": "2"}, True),
    "H.264, open groups": (
        ".mkv",
        "libx264",
        {"g": "12", "bf": "3", "x264-params": "open-gop=1"},
        True,
    ),
    "H.264, one key frame": (".mp4", "libx264", {"g": "1000"}, True),
    "H.264 in a transport stream": (".ts", "libx264", {"g": "12", "bf": "2"}, False),
    "MPEG-4 in AVI": (".avi", "mpeg4", {"g": "12", "bf": "2"}, None),
    "MPEG-2": (".mpg", "mpeg2video", {"g": "12", "bf": "2"}, False),
    "VP9 in WebM": (".webm", "libvpx-vp9", {"g": "12", "deadline": "realtime"}, True),
    "Motion JPEG": (".avi", "mjpeg", {}, True),
}


def write(path: Path, encoder: str, options: dict[str, str], uneven: bool = False) -> Path:
    """A video whose every frame is another picture."""
    images = moving_square(LENGTH, 3)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(encoder, rate=25, options=options)
        stream.width, stream.height = 72, 48
        if uneven:
            stream.codec_context.time_base = Fraction(1, 50)
        stream.pix_fmt = "yuvj420p" if encoder == "mjpeg" else "yuv420p"
        for number, image in enumerate(images):
            image[:4, : 1 + number % 70] = number * 2
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number * 2 + (number % 3 == 1 if uneven else 0)
            frame.time_base = Fraction(1, 50)
            if not uneven:
                frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def assert_same(found: list[Frame], expected: list[Frame]) -> None:
    assert [(f.index, f.number, f.time_s) for f in found] == [
        (f.index, f.number, f.time_s) for f in expected
    ]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def check(source: Source, every: list[Frame], numbers: list[int]) -> None:
    """With and without times, wanted frames are those that reading in order gives."""
    expected = [frame for frame in every if frame.number in numbers]
    by_number = {frame.number: frame.time_s for frame in every}
    known = [number for number in numbers if by_number.get(number) is not None]
    assert_same(list(picked(source, numbers)), expected)
    if known:
        there = [frame for frame in expected if frame.number in known]
        times = [by_number[number] for number in known]
        assert_same(list(picked(source, known, times)), there)


# Containers of AVI and MPEG-1 keep a fixed step.
VARIABLE = [kind for kind, (ending, *_) in KINDS.items() if ending in (".mkv", ".webm", ".mp4")]


@pytest.mark.parametrize(
    ("kind", "uneven"), [*((kind, False) for kind in KINDS), *((kind, True) for kind in VARIABLE)]
)
def test_a_video_is_read_from_a_key_frame(tmp_path: Path, kind: str, uneven: bool) -> None:
    ending, encoder, options, exact = KINDS[kind]
    video = VideoFile(write(tmp_path / f"clip{ending}", encoder, options, uneven))
    every = list(video)
    assert len(every) == LENGTH
    for number in (0, 1, 11, 12, 13, 22, 50, 83, LENGTH - 1, LENGTH):
        check(video, every, [number])
    check(video, every, [80, 3, 4, 5, 41])
    check(video, every, list(range(30, 60)))
    found = list(frames_at(video, [every[n].time_s for n in (7, 47, 89)]))
    assert exact is None or len(found) == (3 if exact else 0)


def test_far_apart_frames_are_jumped_to(tmp_path: Path, monkeypatch) -> None:
    video = VideoFile(write(tmp_path / "clip.mp4", "libx264", {"g": "10"}))
    every = list(video)
    decoded = []
    stamp = "awry.video.seek._stamp"
    from awry.video import seek

    original = seek._stamp
    monkeypatch.setattr(stamp, lambda picture: decoded.append(1) or original(picture))
    monkeypatch.setattr(seek, "_NEAR_SECONDS", 0.5)
    check(video, every, [85])
    assert len(decoded) < 40
    decoded.clear()
    check(video, every, [5, 45, 85])
    assert len(decoded) < 80


def test_times_that_do_not_fit_are_no_reason_for_a_wrong_frame(tmp_path: Path) -> None:
    video = VideoFile(write(tmp_path / "clip.mp4", "libx264", {"g": "12"}))
    every = list(video)
    found = list(picked(video, [50], [every[50].time_s + 0.01]))
    assert_same(found, [every[50]])
    assert list(frames_at(video, [1000.0])) == []
    assert list(picked(video, [5000], [1000.0])) == []


def test_of_a_folder_only_the_wanted_files_are_read(tmp_path: Path, monkeypatch) -> None:
    folder = write_images(tmp_path / "clip", moving_square(12, 0))
    (folder / "005.png").write_bytes(b"")
    source = ImageFolder(folder, 10)
    every = list(source)
    check(source, every, [0, 3, 4, 11, 40])
    read = []
    original = images.read_image

    def reading(path, page):
        read.append(path.name)
        return original(path, page)

    monkeypatch.setattr(images, "read_image", reading)
    assert [frame.index for frame in picked(source, [9, 2])] == [2, 9]
    assert read == ["003.png", "010.png"]


def wrappers(make: type, path: Path) -> dict[str, Source]:
    ignore = IgnoreRegions.parse(["rows:0-9"])
    return {
        "blanked": Blanked(make(path), ignore),
        "thinned": Thinned(make(path), 3, 9),
        "excerpt": Excerpt(make(path), 10, 40, "part"),
        "excerpt that remembers": Excerpt(make(path), 10, None, "part", keep_origin=True),
        "thinned excerpt": Thinned(Excerpt(make(path), 10, 40, "part"), 4),
        "excerpt of thinned": Excerpt(Thinned(make(path), 3), 2, 8, "part"),
        "blanked, thinned": Blanked(Thinned(make(path), 2), ignore),
    }


@pytest.mark.parametrize("kind", ["video", "pictures"])
@pytest.mark.parametrize("name", wrappers(lambda path: ArraySource(moving_square(2, 0)), Path()))
def test_wrapped_clips_count_as_ever(tmp_path: Path, kind: str, name: str) -> None:
    if kind == "video":
        path = write(tmp_path / "clip.mp4", "libx264", {"g": "12"})
    else:
        path = write_images(tmp_path / "clip", moving_square(60, 0))
    source = wrappers(VideoFile if kind == "video" else ImageFolder, path)[name]
    every = list(source)
    numbers = [frame.number for frame in every]
    assert every
    for number in (*numbers[::13], numbers[-1], -1, 0, 1, 77, 500):
        check(source, every, [number])
    check(source, every, numbers[::3])


def test_other_sources_are_read_in_order() -> None:
    source = ArraySource(moving_square(10, 0), fps=10)
    check(source, list(source), [2, 7, 30])
    assert list(picked(source, [])) == []


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    video = VideoFile(write(tmp_path / "clip.mp4", "libx264", {}))
    video.path.unlink()
    with pytest.raises(SourceError, match="Cannot read"):
        list(picked(video, [3], [0.12]))
    with pytest.raises(ValueError, match="1 numbers, but 2 times"):
        list(picked(video, [3], [0.1, 0.2]))
