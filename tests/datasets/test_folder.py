"""A plain folder."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.errors import DatasetError


@pytest.fixture
def root(tmp_path: Path, write_pictures) -> Path:
    write_pictures(tmp_path / "train" / "one", 3)
    write_pictures(tmp_path / "test" / "a", 5)
    write_pictures(tmp_path / "test" / "b", 4)
    return tmp_path


def labels_of(clip: Clip) -> list[int]:
    assert clip.labels is not None
    return clip.labels().tolist()


@pytest.mark.parametrize("header", ["", "clip,first,last\n", "\ufeffClip,first,last\n"])
def test_labels_as_ranges(root: Path, header: str) -> None:
    (root / "labels.csv").write_text(header + "a,0,1\n\na, 4 ,4\n", encoding="utf-8")
    data = open_dataset(root)
    assert (data.name, [clip.name for clip in data.train]) == ("folder", ["one"])
    assert labels_of(data.test[0]) == [1, 1, 0, 0, 1]
    assert labels_of(data.test[1]) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [("clip,first,last\nc,0,1\n", r"labels.csv, line 2: there is no clip 'c'"),
     ("a,0\n", r"line 1: 2 columns, expected 3"), ("a,0,x\n", r"line 1: 'x' is not a whole number"),
     ("a,-1,2\n", "line 1: '-1'"), ("a,0,1\nb,3,1\n", "line 2: the range 3 to 1 is backwards")],
)  # fmt: skip
def test_bad_rows_are_named_by_file_and_line(root: Path, text: str, message: str) -> None:
    (root / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=message):
        open_dataset(root)


def test_labels_longer_than_the_clip(root: Path) -> None:
    (root / "labels.csv").write_text("a,3,5\n")
    with pytest.raises(DatasetError, match=r"labels of a .*longer.*frame 5 .*5 frames"):
        labels_of(open_dataset(root).test[0])


def test_labels_for_each_frame(root: Path) -> None:
    (root / "labels").mkdir()
    np.save(root / "labels" / "a.npy", np.array([0, 1, 1, 0, 0], bool))
    (root / "labels" / "b.csv").write_text("label\n0\n1\n1\n0\n")
    first, second = open_dataset(root).test
    assert labels_of(first) == [0, 1, 1, 0, 0]
    assert labels_of(second) == [0, 1, 1, 0]
    (root / "labels" / "b.csv").write_text("0\n1\n1\n")
    with pytest.raises(DatasetError, match=r"labels of b .*3 labels for 4 frames"):
        labels_of(open_dataset(root).test[1])


def test_masks_give_labels(root: Path, write_pictures) -> None:
    write_pictures(root / "masks" / "a", 5, values=[0, 0, 9, 0, 0])
    np.save(root / "masks" / "b.npy", np.zeros((4, 8, 12), bool))
    first, second = open_dataset(root).test
    assert labels_of(first) == [0, 0, 1, 0, 0]
    assert labels_of(second) == [0, 0, 0, 0]
    assert first.masks is not None
    assert first.masks().shape == (5, 8, 12)


def test_masks_that_do_not_fit(root: Path, write_pictures) -> None:
    write_pictures(root / "masks" / "a", 4)
    write_pictures(root / "masks" / "b", 4, suffix=".jpg")
    first, second = open_dataset(root).test
    with pytest.raises(DatasetError, match=r"masks of a .*4 masks for 5 frames"):
        labels_of(first)
    with pytest.raises(DatasetError, match="JPEG"):
        labels_of(second)
    write_pictures(root / "masks" / "a", 1, first=5, size=(9, 9))
    with pytest.raises(DatasetError, match=r"masks of a differ in size: 005.png is 9 x 9"):
        labels_of(first)
    (root / "masks" / "a" / "003.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"003.png of a cannot be read"):
        labels_of(first)


def test_without_labels(root: Path) -> None:
    data = open_dataset(root)
    assert all(clip.labels is None and clip.masks is None for clip in data.test)
    assert any("No labels for a, b" in note for note in data.notes)
    assert data.fps is None
    assert any("--fps" in note for note in data.notes)


def test_pictures_right_inside_are_one_clip(tmp_path: Path, write_pictures) -> None:
    write_pictures(tmp_path / "train", 3)
    data = open_dataset(tmp_path, fps=4)
    assert ([clip.name for clip in data.train], data.test, data.fps) == (["train"], (), 4)
    assert [frame.time_s for frame in data.train[0].open()] == [0, 0.25, 0.5]


def test_videos_know_their_rate(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "train" / "yard.mp4", 3, fps=20)
    write_video(tmp_path / "test" / "gate.mp4", 6, fps=20)
    (tmp_path / "labels.csv").write_text("gate,2,3\n")
    data = open_dataset(tmp_path)
    assert data.fps == 20
    assert labels_of(data.test[0]) == [0, 0, 1, 1, 0, 0]


@pytest.mark.parametrize("header", ["", "clip,start,end\n"])
def test_labels_as_seconds(tmp_path: Path, write_video, header: str) -> None:
    (tmp_path / "train").mkdir()
    for name in ("gate", "yard"):
        write_video(tmp_path / "test" / f"{name}.mp4", 6, fps=20)
    (tmp_path / "spans.csv").write_text(header + "gate,0.051,0.149\ngate,0.25,99\n")
    gate, yard = open_dataset(tmp_path).test
    assert labels_of(gate) == [0, 1, 1, 0, 0, 1]
    assert labels_of(yard) == [0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("row", ["a,2,1", "a,x,1", "a,-1,1", "a,0,inf", "a,nan,1"])
def test_what_is_no_span_is_named_by_file_and_line(root: Path, row: str) -> None:
    (root / "spans.csv").write_text(f"clip,start,end\n{row}\n")
    with pytest.raises(DatasetError, match=r"spans.csv, line 2: .* is no span"):
        open_dataset(root)


def test_seconds_of_pictures_need_a_rate(root: Path) -> None:
    (root / "spans.csv").write_text("a,0.5,1\n")
    data = open_dataset(root)
    assert data.test[0].labels is not None
    with pytest.raises(DatasetError, match="give --fps"):
        data.test[0].labels()
    assert labels_of(open_dataset(root, fps=4).test[0]) == [0, 0, 1, 1, 0]


def test_scenes(root: Path) -> None:
    (root / "scenes.csv").write_text("clip,scene\none,yard\nb,gate\n")
    data = open_dataset(root)
    assert [clip.scene for clip in data.train + data.test] == ["yard", "scene", "gate"]
    (root / "scenes.csv").write_text("c,yard\n")
    with pytest.raises(DatasetError, match=r"scenes.csv, line 1: there is no clip 'c'"):
        open_dataset(root)


def test_an_empty_training_folder(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(DatasetError, match="no footage in it"):
        open_dataset(tmp_path)


def test_a_folder_without_parts_is_training_footage(
    tmp_path: Path, write_video, write_pictures
) -> None:
    write_video(tmp_path / "a.mp4", 3)
    write_pictures(tmp_path / "cam" / "b", 2)
    data = open_dataset(tmp_path)
    assert ([clip.name for clip in data.train], data.test) == (["a", "cam/b"], ())
    assert f"put the normal ones into {tmp_path / 'train'}" in data.notes[0]
    (tmp_path / "Testing").mkdir()  # parted in a way that is not known: never train on that
    with pytest.raises(DatasetError, match="in no layout that is known"):
        open_dataset(tmp_path)


def test_nested_clips_have_their_labels(root: Path, write_pictures) -> None:
    write_pictures(root / "test" / "cam" / "c", 3)
    write_pictures(root / "masks" / "cam" / "c", 3, values=[0, 9, 0])
    clip = open_dataset(root).test[2]
    assert clip.name == "cam/c"
    assert labels_of(clip) == [0, 1, 0]


def test_footage_that_is_passed_over_is_named(root: Path, write_pictures, write_video) -> None:
    (root / "test" / "c.heic").touch()
    (root / "train" / "notes.txt").touch()
    write_pictures(root / "val" / "d", 1)
    write_video(root / "e.mp4", 2)
    data = open_dataset(root)
    (failure,) = data.failed
    assert failure.endswith("footage in formats that cannot be read; convert it: c.heic.")
    strays = f"Left out in {root}, being neither in train/ nor in test/: e.mp4, val."
    assert strays in data.notes
    assert not any("notes.txt" in note for note in data.notes)


def test_lists_from_a_spreadsheet(root: Path) -> None:
    text = "Clip;First;Last\r\na;0,0;1,0\r\nb;2;2\r\n"
    (root / "labels.csv").write_bytes(text.encode("utf-16"))
    (root / "scenes.csv").write_bytes("clip\tscene\na\tTür\n".encode("latin-1"))
    first, second = open_dataset(root).test
    assert labels_of(first) == [1, 1, 0, 0, 0]
    assert labels_of(second) == [0, 0, 1, 0]
    assert first.scene == "Tür"


@pytest.mark.parametrize(
    "text",
    ["0\n1\n1.0\n0,0\n", "# by me\nlabel\n 0 \n\n1\n1\n0", "frame,label\n0,0\n1,1\n2,1\n3,0\n",
     '"0";\n"1";\n"1";\n"0";\n', "\ufeff0\r\n1\r\n1\r\n0\r\n"],
)  # fmt: skip
def test_a_column_of_labels(root: Path, text: str) -> None:
    (root / "labels").mkdir()
    (root / "labels" / "b.txt").write_text(text, encoding="utf-8", newline="")
    assert labels_of(open_dataset(root).test[1]) == [0, 1, 1, 0]


def test_a_gap_in_labels_is_named_by_its_line(root: Path) -> None:
    (root / "labels").mkdir()
    (root / "labels" / "b.csv").write_text("frame,label\n0,0\n2,1\n")
    with pytest.raises(DatasetError, match=r"b.csv, line 3: frame 2 comes after 1 frames"):
        labels_of(open_dataset(root).test[1])


@pytest.mark.parametrize("kind", [bool, np.float32, np.int64, np.uint8])
def test_labels_of_any_type_and_shape(root: Path, kind: type) -> None:
    (root / "labels").mkdir()
    np.save(root / "labels" / "a.npy", np.array([[0], [1], [1], [0], [0]], kind))
    np.savez(root / "labels" / "b.npz", np.array([0, 1, 1, 0], kind))
    assert [labels_of(clip) for clip in open_dataset(root).test] == [[0, 1, 1, 0, 0], [0, 1, 1, 0]]


def test_names_of_other_encodings_and_compositions(tmp_path: Path, write_pictures) -> None:
    latin, composed = os.fsdecode("Süd".encode("latin-1")), unicodedata.normalize("NFC", "Tür")
    for name in (latin, composed):
        write_pictures(tmp_path / "test" / name, 2)
    write_pictures(tmp_path / "train" / "a", 2)
    write_pictures(tmp_path / "masks" / latin, 2, values=[0, 9])
    (tmp_path / "scenes.csv").write_text(f"Süd,hall\n{unicodedata.normalize('NFD', 'Tür')},door\n")
    first, second = open_dataset(tmp_path).test
    assert (first.name, first.scene, second.name, second.scene) == (
        "S\\xfcd",
        "hall",
        "Tür",
        "door",
    )
    assert labels_of(first) == [0, 1]
    assert len(list(first.open())) == 2
