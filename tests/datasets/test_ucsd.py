"""UCSD Ped1 and Ped2."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.errors import DatasetError
from awry.video.images import ImageFolder


def make(root: Path, write_pictures, labels: str | None, clips: int = 2, frames: int = 6) -> Path:
    write_pictures(root / "Train" / "Train001", frames, suffix=".tif")
    for k in range(1, clips + 1):
        write_pictures(root / "Test" / f"Test{k:03d}", frames, suffix=".tif")
    if labels is not None:
        text = "TestVideoFile = {};\n" + "".join(
            f"TestVideoFile{{end+1}}.gt_frame = {one};\n" for one in labels.split("|")
        )
        (root / "Test").mkdir(exist_ok=True)
        (root / "Test" / "UCSDped1.m").write_text(text)
    return root


def labels_of(clip: Clip) -> list[int]:
    assert clip.labels is not None
    labels = clip.labels()
    assert labels.dtype == np.uint8
    return labels.tolist()


def test_labels_count_from_one_and_include_both_ends(tmp_path: Path, write_pictures) -> None:
    data = open_dataset(make(tmp_path, write_pictures, "[2:3]|[1:1, 5:6]"))
    assert (data.name, data.variant, data.fps, data.notes) == ("ucsd", "ped1", 10, ())
    assert [clip.name for clip in data.train] == ["Train001"]
    assert [clip.name for clip in data.test] == ["Test001", "Test002"]
    assert labels_of(data.test[0]) == [0, 1, 1, 0, 0, 0]
    assert labels_of(data.test[1]) == [1, 0, 0, 0, 1, 1]
    assert data.test[0].masks is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [("[ 2 : 3 ]", [0, 1, 1, 0, 0, 0]), ("[2 4:5]", [0, 1, 0, 1, 1, 0]), ("[]", [0] * 6),
     ("3:4", [0, 0, 1, 1, 0, 0])],
)  # fmt: skip
def test_ways_to_write_ranges(tmp_path: Path, write_pictures, written: str, expected) -> None:
    data = open_dataset(make(tmp_path, write_pictures, written, clips=1))
    assert labels_of(data.test[0]) == expected


def test_comments_in_the_label_file_are_no_entries(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[2:3]", clips=1)
    with (tmp_path / "Test" / "UCSDped1.m").open("a") as file:
        file.write("% TestVideoFile{end+1}.gt_frame = [1:6];\n")
    assert labels_of(open_dataset(tmp_path).test[0]) == [0, 1, 1, 0, 0, 0]


def test_an_excerpt_is_labelled_by_its_file_numbers(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[1:42, 44:180]", clips=0)
    write_pictures(tmp_path / "Test" / "Test001", 5, first=41)
    assert labels_of(open_dataset(tmp_path).test[0]) == [1, 1, 0, 1, 1]


def test_files_that_count_from_zero_are_shifted(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[1:2]", clips=0)
    write_pictures(tmp_path / "Test" / "Test001", 4, first=0)
    assert labels_of(open_dataset(tmp_path).test[0]) == [1, 1, 0, 0]


def test_a_missing_frame_does_not_shift_the_labels(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[4:6]", clips=1)
    (tmp_path / "Test" / "Test001" / "002.tif").unlink()
    assert labels_of(open_dataset(tmp_path).test[0]) == [0, 0, 1, 1, 1]


def test_labels_longer_than_the_clip(tmp_path: Path, write_pictures) -> None:
    data = open_dataset(make(tmp_path, write_pictures, "[2:7]", clips=1))
    with pytest.raises(DatasetError, match=r"Test001 .*longer.*frame 6 .*6 frames"):
        labels_of(data.test[0])


def test_backward_ranges_and_words(tmp_path: Path, write_pictures) -> None:
    data = open_dataset(make(tmp_path, write_pictures, "[5:2]", clips=1))
    with pytest.raises(DatasetError, match="backwards"):
        labels_of(data.test[0])
    with pytest.raises(DatasetError, match="Cannot read 'some'"):
        open_dataset(make(tmp_path, write_pictures, "[some]", clips=1))


def test_missing_clips_take_the_entry_of_their_number(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[1:1]|[2:2]|[3:3]", clips=0)
    write_pictures(tmp_path / "Test" / "Test003", 4)
    assert labels_of(open_dataset(tmp_path).test[0]) == [0, 0, 1, 0]


def test_fewer_entries_than_clips(tmp_path: Path, write_pictures) -> None:
    with pytest.raises(DatasetError, match=r"entries for 1 test clips, but there are 2"):
        open_dataset(make(tmp_path, write_pictures, "[1:1]"))


def test_a_label_file_without_labels(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, None)
    (tmp_path / "Test" / "UCSDped1.m").write_text("nothing")
    with pytest.raises(DatasetError, match="holds no labels"):
        open_dataset(tmp_path)


def test_masks_match_frames_by_number(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[1:1]|[1:1]")
    masks = tmp_path / "Test" / "Test001_gt"
    write_pictures(masks, 6, suffix=".bmp", values=[0, 0, 255, 1, 0, 0])
    first, second = open_dataset(tmp_path).test
    assert first.masks is not None
    read = first.masks()
    assert (read.shape, read.dtype) == ((6, 8, 12), bool)
    assert read.any(axis=(1, 2)).tolist() == [False, False, True, True, False, False]
    # Ped1 has masks of some clips only.
    assert second.masks is None


def test_labels_come_from_masks_where_there_is_no_label_file(
    tmp_path: Path, write_pictures
) -> None:
    make(tmp_path, write_pictures, None)
    write_pictures(tmp_path / "Test" / "Test001_gt", 6, values=[0, 0, 255, 255, 0, 0])
    data = open_dataset(tmp_path)
    assert labels_of(data.test[0]) == [0, 0, 1, 1, 0, 0]
    assert data.test[1].labels is None
    assert "derived from their masks" in data.notes[0]
    assert "No labels for Test002" in data.notes[1]


@pytest.mark.parametrize(
    ("count", "first", "size", "message"),
    [(5, 1, (8, 12), r"5 masks \(1 to 5\) for 6 frames \(1 to 6\)"),
     (6, 2, (8, 12), r"6 masks \(2 to 7\) for 6 frames"),
     (6, 1, (9, 12), "masks of 12 x 9, frames of 12 x 8")],
)  # fmt: skip
def test_masks_that_do_not_fit(
    tmp_path: Path, write_pictures, count: int, first: int, size: tuple[int, int], message: str
) -> None:
    make(tmp_path, write_pictures, None, clips=1)
    write_pictures(tmp_path / "Test" / "Test001_gt", count, first=first, size=size)
    masks = open_dataset(tmp_path).test[0].masks
    assert masks is not None
    with pytest.raises(DatasetError, match=message):
        masks()


def test_a_frame_in_two_formats_is_taken_once_in_both_parts(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[1:1]", clips=1)
    for clip in ("Train/Train001", "Test/Test001"):
        write_pictures(tmp_path / clip, 3, suffix=".jpg")
    data = open_dataset(tmp_path)
    assert sum("the same frames in a second format: " in note for note in data.notes) == 2
    assert labels_of(data.test[0])[:2] == [1, 0]
    lengths = [len(list(clip.open())) for clip in (*data.train, *data.test)]
    shutil.rmtree(tmp_path)
    make(tmp_path, write_pictures, "[1:1]", clips=1)
    once = open_dataset(tmp_path)
    assert lengths == [len(list(clip.open())) for clip in (*once.train, *once.test)]


def test_a_frame_number_in_two_names(tmp_path: Path, write_pictures) -> None:
    make(tmp_path, write_pictures, "[1:1]", clips=1)
    folder = tmp_path / "Test" / "Test001"
    shutil.copy(next(folder.glob("003.*")), folder / "frame3.png")
    with pytest.raises(DatasetError, match="frame 3 more than once"):
        labels_of(open_dataset(tmp_path).test[0])


def test_the_variant_by_size_and_by_folder(tmp_path: Path, write_pictures) -> None:
    write_pictures(tmp_path / "a" / "Train" / "Train001", 1, size=(158, 238))
    write_pictures(tmp_path / "b" / "Train" / "Train001", 1, size=(240, 360))
    write_pictures(tmp_path / "UCSDped2" / "Train" / "Train001", 1)
    write_pictures(tmp_path / "c" / "Train" / "Train001", 1)
    variants = [open_dataset(tmp_path / name).variant for name in ("a", "b", "UCSDped2", "c")]
    assert variants == ["ped1", "ped2", "ped2", "ucsd"]


def test_the_parent_folder(tmp_path: Path, write_pictures) -> None:
    make(tmp_path / "UCSDped2", write_pictures, None)
    assert open_dataset(tmp_path).root == tmp_path / "UCSDped2"
    make(tmp_path / "UCSDped1", write_pictures, None)
    with pytest.raises(DatasetError, match="choose one"):
        open_dataset(tmp_path)


def test_no_training_clips_are_noted(tmp_path: Path, write_pictures) -> None:
    write_pictures(tmp_path / "Test" / "Test001", 2)
    data = open_dataset(tmp_path, fps=5)
    assert data.train == ()
    assert data.fps == 5
    assert "No training clips" in data.notes[0]


@pytest.mark.shared
def test_ped2_as_published(shared: Path) -> None:
    data = open_dataset(shared / "data" / "UCSDped2")
    assert (data.variant, len(data.train), len(data.test)) == ("ped2", 16, 12)
    assert sum(len(clip.open()) for clip in data.train) == 2550
    labels = [np.array(labels_of(clip)) for clip in data.test]
    assert [len(one) for one in labels] == [len(clip.open()) for clip in data.test]
    assert (sum(map(len, labels)), sum(one.sum() for one in labels)) == (2010, 1648)
    assert data.test[0].masks is not None
    assert np.array_equal(data.test[0].masks().any(axis=(1, 2)), labels[0])


@pytest.mark.shared
def test_the_original_sample(shared: Path) -> None:
    data = open_dataset(shared / "data" / "ucsd_original_sample")
    (clip,) = data.test
    source = clip.open()
    assert isinstance(source, ImageFolder)
    assert (data.variant, len(source), source.fps) == ("ped2", 12, 10)
    assert clip.masks is not None
    assert clip.masks().shape == (12, 240, 360)
    assert len(labels_of(clip)) == 12
