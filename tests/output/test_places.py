"""Outputs that harm nothing, known before any work."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from awry.errors import AwryError, ConfigError, WriteError
from awry.output.places import Place, check_places, shared_places
from awry.output.tables import SCORE_COLUMNS, write_table
from awry.partial import partial_path
from awry.video.writer import VideoWriter
from support import write_images


def table(path: Path) -> Place:
    return Place("--out", path, "scores", partial_path(path))


def film(path: Path) -> Path:
    """A video that is somebody's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(100))
    return path


@pytest.mark.parametrize("way", ["same", "dots", "symlink", "hard link", "case", "growing"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_output_is_never_an_input(tmp_path: Path, way: str, overwrite: bool) -> None:
    given = tmp_path / "in" / "evening.mp4"
    film(given)
    other = tmp_path / "other.mp4"
    path = given
    if way == "dots":
        path = tmp_path / "in" / ".." / "in" / "evening.mp4"
    elif way == "symlink":
        other.symlink_to(given)
        path = other
    elif way == "hard link":
        os.link(given, other)
        path = other
    elif way == "case":
        path = given.with_name("Evening.MP4")
    elif way == "growing":
        path = tmp_path / "in" / "evening.mp4"
        given = film(partial_path(path))
        path.unlink()
    place = Place("--overlay", path, "video", partial_path(path))
    with pytest.raises(ConfigError, match=r"--overlay .* is .*, which is read"):
        check_places([place], [given], overwrite=overwrite)


def test_an_output_through_a_linked_folder(tmp_path: Path) -> None:
    given = film(tmp_path / "in" / "evening.mp4")
    (tmp_path / "door").symlink_to(tmp_path / "in")
    with pytest.raises(ConfigError, match="which is read"):
        check_places([Place("--overlay", tmp_path / "door/evening.mp4", "video")], [given])


@pytest.mark.parametrize(
    "names", [("x.csv", "x.csv"), ("x.csv", "X.CSV"), ("é.csv", "e\u0301.csv")]
)
def test_two_outputs_are_never_one(tmp_path: Path, names: tuple[str, str]) -> None:
    places = [table(tmp_path / name) for name in names]
    with pytest.raises(ConfigError, match="are one file"):
        check_places(places)
    assert shared_places(places) == [(places[0], places[1])]


def test_an_output_is_not_where_another_one_grows(tmp_path: Path) -> None:
    places = [table(tmp_path / "s.csv"), table(tmp_path / "s.partial.csv")]
    with pytest.raises(ConfigError, match="are one file"):
        check_places(places)
    check_places([table(tmp_path / "s.csv"), table(tmp_path / "t.csv")])


def test_outputs_among_footage(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "clip", np.zeros((2, 8, 8, 3), np.uint8))
    for place in (
        Place("--overlay", folder / "look.mp4", "video"),
        Place("--maps", folder / "maps", "folder"),
        Place("--overlay", tmp_path / "look.mp4", "video"),  # beside a clip's folder
    ):
        with pytest.raises(ConfigError, match="lies among the footage"):
            check_places([place], [tmp_path])
    check_places([table(tmp_path / "scores.csv"), table(folder / "s.csv")], [tmp_path])
    check_places([Place("--overlay", tmp_path / "out" / "look.mp4", "video")], [tmp_path])


def test_a_label_file_in_a_data_sets_folder_is_never_replaced(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("clip,first,last\n")
    with pytest.raises(ConfigError, match="lies among the footage"):
        check_places([table(labels)], [tmp_path], overwrite=True)


def test_a_folder_that_is_replaced_as_a_whole_holds_no_input(tmp_path: Path) -> None:
    given = film(tmp_path / "bundle" / "a.mp4")
    with pytest.raises(ConfigError, match="would replace it"):
        check_places([Place("--out", tmp_path / "bundle", "bundle")], [given])


def test_nothing_is_put_into_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ConfigError, match="lies in the bundle"):
        check_places([table(tmp_path / "s.csv")], [tmp_path])


def test_what_awry_did_not_write_is_replaced_only_where_it_is_said(tmp_path: Path) -> None:
    mine, ours, empty = (tmp_path / f"{name}.csv" for name in ("mine", "ours", "empty"))
    mine.write_text("name,salary\n")
    write_table(ours, [], SCORE_COLUMNS)
    empty.touch()
    check_places([table(ours), table(empty)])
    with pytest.raises(ConfigError, match="add --overwrite"):
        check_places([table(mine)])
    check_places([table(mine)], overwrite=True)
    assert mine.read_text() == "name,salary\n"


def test_our_videos_are_known_by_their_mark(tmp_path: Path) -> None:
    ours = tmp_path / "ours.mp4"
    with VideoWriter(ours, 10, size=(16, 16)) as writer:
        writer.write(np.zeros((16, 16, 3), np.uint8))
    check_places([Place("--overlay", ours, "video")])
    with pytest.raises(ConfigError, match="nothing that awry wrote"):
        check_places([Place("--overlay", film(tmp_path / "mine.mp4"), "video")])


@pytest.mark.parametrize(
    ("name", "content", "kind", "ours"),
    [
        ("m.json", '{"settings": {}, "frame": 1}', "json", True),
        ("m.json", '{"name": "my-package"}', "json", False),
        ("m.json", "[1, 2", "json", False),
        ("r.html", '<html><meta name="generator" content="awry 1">', "page", True),
        ("r.html", "<html>holiday", "page", False),
        ("r.jsonl", '{"source": 1, "frame": 1, "x_min": 0}', "regions", False),
        ("e.parquet", "PAR1", "events", False),
        ("x.npz", "PK", "maps", False),
    ],
)
def test_kinds_of_our_files(tmp_path: Path, name: str, content: str, kind: str, ours: bool) -> None:
    path = tmp_path / name
    path.write_text(content)
    if ours:
        check_places([Place("--out", path, kind)])
    else:
        with pytest.raises(ConfigError, match="nothing that awry wrote"):
            check_places([Place("--out", path, kind)])


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.csv")
    for path, sentence in (
        (tmp_path / "folder.csv", "is a folder; a file was expected"),
        (tmp_path / "file" / "s.csv", "Not a directory"),
        (tmp_path / f"{'x' * 250}.csv", "File name too long"),
        (tmp_path / "pipe.csv", "no regular file"),
        (Path("/proc/s.csv"), "Cannot write"),
    ):
        with pytest.raises(WriteError, match=sentence):
            check_places([table(path)])
    with pytest.raises(WriteError, match="is a file; a folder was expected"):
        check_places([Place("--maps", tmp_path / "file", "folder")])
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder.csv", "pipe.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folders_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WriteError, match="Permission denied"):
            check_places([table(tmp_path / "s.csv")])
    finally:
        tmp_path.chmod(0o700)


def test_addresses_and_strange_names_are_no_places(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    check_places([table(tmp_path / "s.csv")], ["rtsp://camera/stream", "0", "x" * 5000, "a\0b"])
    with pytest.raises(AwryError):
        check_places([table(loop / "s.csv")])
