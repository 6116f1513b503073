"""Every file of a folder is a source, belongs to one, or is named."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from awry.errors import SourceError
from awry.video.files import VideoFile
from awry.video.images import ImageFolder
from awry.video.listing import list_folder


def picture(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), value).save(path)
    return path


@pytest.fixture
def video(tmp_path: Path, make_video) -> Callable[[str], Path]:
    """Put the same small video somewhere."""
    content = make_video("made.mp4", n=3).read_bytes()
    (tmp_path / "made.mp4").unlink()

    def put(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return put


def names(folder: Path) -> list[str]:
    return [one.name for one in list_folder(folder).sources]


def test_a_recorders_snapshots_are_no_clip(tmp_path: Path, video) -> None:
    video("cam_1200.mp4")
    video("cam_1210.mp4")
    for name in ("cam_1200", "cam_1210-thumb", "cam_1210.mp4", "preview"):
        picture(tmp_path / f"{name}.jpg")
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["cam_1200", "cam_1210"]
    assert isinstance(found.sources[0].open(), VideoFile)
    assert not found.failed
    (note,) = found.notes
    assert "snapshots beside videos" in note
    assert "cam_1200.jpg" in note


def test_other_pictures_beside_videos_are_footage_passed_over(tmp_path: Path, video) -> None:
    video("yard.mp4")
    for number in range(7):
        picture(tmp_path / f"{number:03d}.png")
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["yard"]
    (failure,) = found.failed
    assert "pictures beside videos" in failure
    assert failure.endswith("000.png, 001.png, 002.png, 003.png, 004.png and 2 more.")


def test_many_pictures_beside_a_video_are_a_clip_as_well(tmp_path: Path, video) -> None:
    video("Train001/look.mp4")
    for number in range(30):
        picture(tmp_path / "Train001" / f"{number:03d}.png")
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["Train001", "Train001/look"]
    assert [len(list(one.open())) for one in found.sources] == [30, 3]
    assert found.failed == found.notes == ()


def test_videos_below_and_with_rare_or_unknown_endings_are_taken(tmp_path: Path, video) -> None:
    for name in ("one.mp4", "two.dav", "three.divx", "four.xyz", "five", "sub/one.mp4",
                 "sub/deeper/six.m2v"):  # fmt: skip
        video(name)
    (tmp_path / "notes.xyz").write_text("no video")
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == [
        "five", "four", "one", "sub/deeper/six", "sub/one", "three", "two",
    ]  # fmt: skip
    for one in found.sources:
        assert len(list(one.open())) == 3
    assert found.notes == (f"Left out in {tmp_path}, no footage: notes.xyz.",)


@pytest.mark.parametrize(
    ("head", "is_taken"),
    [
        (b"RIFF\0\0\0\0AVI LIST", True), (b"RIFF\0\0\0\0WAVEfmt ", False),
        (b"\x1a\x45\xdf\xa3", True), (b"\0\0\0\x20ftypisom", True), (b"\0\0\0\x20ftypM4A ", False),
        (b"\0\0\x01\xba", True), (b"OggS" + bytes(24) + b"\x80theora", True),
        (b"OggS" + bytes(24) + b"OpusHead", False), (b"DHAV", True), (b"G" * 1000, True),
        (b"Good morning. " * 100, False), (b"", False), (b"\xff\xd8\xff\xe0", True),
    ],
)  # fmt: skip
def test_content_decides_where_the_ending_tells_nothing(
    tmp_path: Path, head: bytes, is_taken: bool
) -> None:
    (tmp_path / "thing.unknown").write_bytes(head)
    assert bool(names(tmp_path)) is is_taken


def test_jpegs_one_after_another_are_a_video(tmp_path: Path) -> None:
    picture(tmp_path / "one.jpg")
    content = (tmp_path / "one.jpg").read_bytes()
    (tmp_path / "one.jpg").unlink()
    (tmp_path / "stream.dump").write_bytes(content * 5)
    (one,) = list_folder(tmp_path).sources
    assert len(list(one.open())) == 5


def test_animations_are_clips_and_still_pictures_of_the_same_format_are_frames(
    tmp_path: Path,
) -> None:
    for name in ("a/1.gif", "a/2.webp", "a/3.png"):
        picture(tmp_path / name)
    shades = [Image.new("L", (4, 4), value) for value in (0, 90, 180)]
    (tmp_path / "b").mkdir()
    shades[0].save(tmp_path / "b" / "film.gif", save_all=True, append_images=shades[1:])
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["a", "b/film"]
    assert [len(list(one.open())) for one in found.sources] == [3, 3]


def test_a_frame_in_two_formats_is_taken_once(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / f"{number}.tif", 10 * number)
        picture(tmp_path / f"{number}.jpg", 200)
    picture(tmp_path / "3.jpg", 30)
    found = list_folder(tmp_path)
    (source,) = found.sources
    assert [int(frame.image[0, 0, 0]) for frame in source.open()] == [0, 10, 20, 30]
    assert found.notes == (
        f"Left out in {tmp_path}, the same frames in a second format: 0.jpg, 1.jpg, 2.jpg.",
    )


def test_masks_are_left_out_where_what_they_mask_is_there(tmp_path: Path, video) -> None:
    for folder in ("Test001", "Test001_gt", "Test002_gt"):
        picture(tmp_path / folder / "1.png")
    video("a.mp4")
    video("a_gt.mp4")
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["a", "Test001", "Test002_gt"]
    assert found.notes == (f"Left out in {tmp_path}, taken for masks: a_gt.mp4, Test001_gt.",)
    assert not list_folder(tmp_path, labelled=True).notes


def test_backups_systems_folders_and_hidden_footage_are_named(tmp_path: Path, video) -> None:
    for name in ("a.mp4", ".b.mp4", "c.mp4.part", "d.mp4~", "@eaDir/e.mp4", ".trash/f.mp4"):
        video(name)
    for name in (".DS_Store", "Thumbs.db", "._a.mp4"):
        (tmp_path / name).write_bytes(b"x")
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["a"]
    assert not found.failed
    assert sorted(found.notes) == [
        f"Left out in {tmp_path}, backups and unfinished copies: c.mp4.part, d.mp4~.",
        f"Left out in {tmp_path}, folders that systems make for themselves: @eaDir.",
        f"Left out in {tmp_path}, hidden: .b.mp4, .trash.",
    ]


def test_formats_that_cannot_be_read_are_failures(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    (tmp_path / "2.heic").write_bytes(b"\0\0\0\x20ftypheic")
    (failure,) = list_folder(tmp_path).failed
    assert failure.endswith("footage in formats that cannot be read; convert it: 2.heic.")


def test_links_pipes_and_sockets(tmp_path: Path, video, monkeypatch: pytest.MonkeyPatch) -> None:
    video("real/a.mp4")
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "round").symlink_to(tmp_path)
    (tmp_path / "b.mp4").symlink_to(tmp_path / "gone.mp4")
    (tmp_path / "c.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "d.mp4").symlink_to(tmp_path / "d.mp4")
    os.mkfifo(tmp_path / "e.mp4")
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("f.sock")
        found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["real/a"]
    assert set(found.failed) == {
        f"Left out in {tmp_path}, links to footage that is not there: b.mp4, d.mp4.",
        f"Left out in {tmp_path}, pipes, sockets or devices, which have no end: e.mp4.",
    }
    assert set(found.notes) == {
        f"Left out in {tmp_path}, folders that were listed already, linked again: "
        "alias, real/round.",
        f"Left out in {tmp_path}, links to nothing: c.txt.",
        f"Left out in {tmp_path}, no ordinary files (pipes, sockets, devices): f.sock.",
    }


def test_a_linked_folder_elsewhere_is_taken(tmp_path: Path, video) -> None:
    video("disk/a.mp4")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "cam").symlink_to(tmp_path / "disk")
    assert names(tmp_path / "here") == ["cam/a"]


def test_a_folder_that_may_not_be_read_does_not_stop_the_others(
    tmp_path: Path, video, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may read everything, so that the refusal is made here.
    video("a.mp4")
    for name in ("closed", "lost+found"):
        (tmp_path / name).mkdir()
    scandir = os.scandir

    def refusing(path):
        if Path(path).name in ("closed", "lost+found"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("awry.video.listing.os.scandir", refusing)
    found = list_folder(tmp_path)
    assert [one.name for one in found.sources] == ["a"]
    assert found.failed == (f"Left out in {tmp_path}, may not be read: closed.",)
    assert found.notes == (
        f"Left out in {tmp_path}, folders that systems make for themselves: lost+found.",
    )
    with pytest.raises(SourceError, match="Permission denied"):
        list_folder(tmp_path / "closed")


def test_names_are_unique_and_can_be_written(tmp_path: Path, video) -> None:
    video("a.mp4")
    video("a.avi")
    picture(tmp_path / "b" / "1.png")
    video(os.fsdecode(b"caf\xe9.mp4"))
    found = list_folder(tmp_path, fps=5).sources
    assert [one.name for one in found] == ["a.avi", "a.mp4", "b", "caf\\xe9"]
    for one in found:
        one.name.encode()
        assert one.open().name == one.name
    pictures = found[2].open()
    assert isinstance(pictures, ImageFolder)
    assert pictures.fps == 5
