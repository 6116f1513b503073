"""Stretches of a file: the frames of the whole, or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import SourceError
from awry.video.files import VideoFile
from awry.video.stretch import Stamps, Stretch, StretchFile, cut, stamps_of
from conftest import running_square, write_film, write_video


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> VideoFile:
    images = np.concatenate([running_square(seed) for seed in range(2)])
    return VideoFile(write_film(tmp_path_factory.mktemp("film") / "long.mp4", images))


def test_stamps_are_those_of_the_frames(film: VideoFile) -> None:
    stamps = stamps_of(film)
    assert stamps is not None
    assert stamps.times.tolist() == [frame.time_s for frame in film]
    assert stamps.keys.tolist() == list(range(0, 120, 12))


def test_stretches_have_the_frames_of_the_whole(film: VideoFile) -> None:
    stamps, whole = stamps_of(film), list(film)
    assert stamps is not None
    stretches = cut(stamps, 3.0, before=2, after=1, period=2)
    assert [stretch.core for stretch in stretches] == [(0, 38), (38, 74), (74, 120)]
    assert [stretch.first for stretch in stretches] == [0, 36, 72]
    for stretch in stretches:
        source = StretchFile(film.path, "long", stretch)
        frames = list(source)
        assert [frame.index for frame in frames] == list(
            range(stretch.first, min(stretch.core[1] + 1, 120))
        )
        for frame in frames:
            assert frame.time_s == whole[frame.index].time_s
            assert np.array_equal(frame.image, whole[frame.index].image)


def test_a_frame_that_is_not_there_is_said(film: VideoFile) -> None:
    stretch = Stretch(40, (40, 42), np.array([4.0, 4.05]))
    with pytest.raises(SourceError, match=r"Frame 41 of .*long\.mp4 cannot be reached for sure"):
        list(StretchFile(film.path, "long", stretch))


@pytest.mark.parametrize("ending", ["avi", "ts"])
def test_what_cannot_be_searched_is_not_cut(tmp_path: Path, ending: str) -> None:
    file = write_film(tmp_path / f"film.{ending}", running_square(1)[:30])
    assert stamps_of(VideoFile(file)) is None


def test_a_file_with_a_gap_is_not_cut(film: VideoFile, tmp_path: Path) -> None:
    data = film.path.read_bytes()
    short = tmp_path / "short.mp4"
    short.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError):  # its table stands at the end
        VideoFile(short)
    lone = write_video(tmp_path / "lone.mp4", running_square(1)[:1])
    assert stamps_of(VideoFile(lone)) is None


def test_cuts_leave_no_short_rest() -> None:
    stamps = Stamps(np.arange(100) / 10, np.arange(0, 100, 10))
    assert [s.core for s in cut(stamps, 4.0, 0, 0)] == [(0, 40), (40, 100)]
    assert [s.core for s in cut(stamps, 20.0, 0, 0)] == [(0, 100)]
    assert [s.core for s in cut(stamps, 4.0, 3, 0)] == [(0, 43), (43, 100)]
