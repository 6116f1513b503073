from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import awry.video
from awry.errors import SourceError
from awry.video import ImageFolder, VideoFile, list_sources, open_source


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4)).save(path)


def test_opens_what_it_is_given(tmp_path: Path, make_video) -> None:
    picture(tmp_path / "clip" / "1.png")
    video = make_video("v.mp4", n=3)
    folder = open_source(tmp_path / "clip", fps=4)
    assert isinstance(folder, ImageFolder)
    assert (folder.name, folder.fps) == ("clip", 4)
    assert isinstance(open_source(str(tmp_path / "clip" / "1.png")), ImageFolder)
    assert isinstance(open_source(video), VideoFile)


def test_addresses_and_devices_go_to_live_sources(monkeypatch) -> None:
    monkeypatch.setattr("awry.video.open.LiveStream", lambda url, name: ("stream", url, name))
    monkeypatch.setattr("awry.video.open.Camera", lambda device: ("camera", device))
    assert open_source("rtsp://camera/live") == ("stream", "rtsp://camera/live", None)
    assert open_source("0") == ("camera", "0")
    assert open_source("/dev/video7") == ("camera", "/dev/video7")
    assert [found.open() for found in list_sources("0")] == [("camera", "0")]
    (found,) = list_sources("rtsp://user:secret@camera/live")
    assert "secret" not in found.name + found.where
    assert found.open() == ("stream", "rtsp://user:secret@camera/live", None)
    (door,) = list_sources("door=rtsp://user:secret@camera/live")
    assert (door.name, door.where) == ("door", "rtsp://***@camera/live")
    assert door.open() == ("stream", "rtsp://user:secret@camera/live", "door")


def test_unknown_things_say_what_was_looked_for(tmp_path: Path) -> None:
    for function in (open_source, list_sources):
        with pytest.raises(SourceError, match=r"looked for a folder of pictures .* video file"):
            function(tmp_path / "missing")
        with pytest.raises(SourceError, match=r"looked for"):
            function(tmp_path)
    with pytest.raises(SourceError, match="address that starts with"):
        open_source("gopher://u:secret@x/y")
    for function in (open_source, list_sources):
        with pytest.raises(SourceError, match=r"Cannot find \*\*\*;"):
            function("user:secret@camera/live")


def test_a_folder_gives_its_videos_and_picture_folders_in_natural_order(
    tmp_path: Path, make_video
) -> None:
    root = tmp_path / "all"
    picture(root / "clip10" / "1.png")
    picture(root / "clip2" / "1.png")
    picture(root / ".hidden" / "1.png")
    (root / "empty").mkdir()
    (root / "clip1.mp4").write_bytes(b"")
    (root / "readme.txt").write_text("x")
    make_video("a.avi", n=2).rename(root / "clip2.avi")
    found = list_sources(root, fps=3)
    assert [one.name for one in found] == ["clip1", "clip2", "clip2.avi", "clip10"]
    assert found[1].open().fps == 3
    assert isinstance(found[2].open(), VideoFile)
    with pytest.raises(SourceError, match="zero bytes"):
        found[0].open()
    with pytest.raises(SourceError, match=r"holds 4 clips \(videos, or sub-folders"):
        open_source(root)


def test_a_folder_of_pictures_is_one_source_and_what_is_below_others(tmp_path: Path) -> None:
    picture(tmp_path / "clip" / "1.png")
    picture(tmp_path / "clip" / "sub" / "1.png")
    found = list_sources(tmp_path / "clip")
    assert [one.name for one in found] == ["clip", "sub"]
    assert [[frame.index for frame in one.open()] for one in found] == [[0], [0]]
    assert open_source(tmp_path / "clip" / "sub").name == "sub"
    with pytest.raises(SourceError, match="holds 2 clips"):
        open_source(tmp_path / "clip")


def test_a_folder_with_one_video_opens_as_that(tmp_path: Path, make_video) -> None:
    (tmp_path / "one").mkdir()
    make_video("v.mp4", n=2).rename(tmp_path / "one" / "v.mp4")
    picture(tmp_path / "one" / "v.jpg")
    assert isinstance(open_source(tmp_path / "one"), VideoFile)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "nothing")
    for function in (open_source, list_sources):
        with pytest.raises(SourceError, match="is a pipe, a socket or a device"):
            function(tmp_path / "pipe.mp4")
        with pytest.raises(SourceError, match="is a link to nothing"):
            function(tmp_path / "link.mp4")


def test_names_are_loaded_when_they_are_used() -> None:
    for name in awry.video.__all__:
        assert getattr(awry.video, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        awry.video.nothing  # noqa: B018
    program = "import sys, awry.video; assert not {'av', 'cv2', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
