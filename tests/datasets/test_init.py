"""Recognising layouts, and what is said where none fits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from awry.datasets import known_layouts, open_dataset
from awry.errors import ConfigError, DatasetError


def test_every_layout_tells_people_what_it_is() -> None:
    infos = known_layouts()
    assert [info.name for info in infos] == [
        "ucsd", "avenue", "shanghaitech", "umn", "subway", "ubnormal", "digits",
        "perspective", "folder",
    ]  # fmt: skip
    for info in infos:
        assert info.title
        assert info.how_to_get
        assert info.sketch
        assert info.looks_for
    rates = {info.name: info.fps for info in infos}
    assert (rates["ucsd"], rates["avenue"], rates["shanghaitech"], rates["umn"]) == (10, 25, 24, 30)


def test_an_unknown_format_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'avnue'.*did you mean 'avenue'"):
        open_dataset(tmp_path, format="avnue")


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset(tmp_path)
    for info in known_layouts():
        if info.looks_for != "nothing":
            assert info.looks_for in str(caught.value)


def test_another_layout_than_the_one_named_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(DatasetError, match=r"CUHK Avenue: no training_videos/NN"):
        open_dataset(tmp_path, format="avenue")


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        open_dataset(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="is a file"):
        open_dataset(tmp_path / "file")
    with pytest.raises(DatasetError, match="No data set folder"):
        open_dataset(None)


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan")])
def test_frames_per_second_are_above_zero(tmp_path: Path, fps: float) -> None:
    with pytest.raises(ConfigError, match="above zero"):
        open_dataset(tmp_path, fps=fps)


def test_digits_need_no_folder() -> None:
    assert open_dataset(None, format="digits").root is None


def test_the_package_loads_no_video_library_until_it_is_used() -> None:
    code = (
        "import sys, awry.datasets.base\n"
        "sys.exit(any(m in sys.modules for m in ('av', 'cv2', 'scipy', 'sklearn', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
