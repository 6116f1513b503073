"""Subway entrance and exit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.datasets import open_dataset
from awry.errors import DatasetError


def write(root: Path, value: object) -> None:
    (root / "subway.json").write_text(json.dumps(value))


def test_ranges_of_both_videos(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "subway_entrance_turnstiles.avi", 20)
    write_video(tmp_path / "Out.avi", 12)
    write(
        tmp_path,
        {
            "entrance": {"train": [[0, 4], [6, 9]], "abnormal": [[12, 13], [19, 19]]},
            "exit": {"video": "Out.avi", "train": [[0, 5]]},
        },
    )
    data = open_dataset(tmp_path)
    assert (data.name, data.variant, data.fps) == ("subway", "subway", 25)
    assert [(clip.name, clip.scene) for clip in data.train] == [
        ("entrance-train-1", "entrance"), ("entrance-train-2", "entrance"), ("exit-train", "exit"),
    ]  # fmt: skip
    assert [len(list(clip.open())) for clip in data.train] == [5, 4, 6]
    entrance, leaving = data.test
    assert entrance.labels is not None
    assert entrance.labels().tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0, 1]
    frames = list(entrance.open())
    assert (len(frames), frames[0].index, frames[0].time_s) == (10, 0, pytest.approx(10 / 25))
    assert leaving.labels is None
    assert len(list(leaving.open())) == 6
    assert any("No labels for exit" in note for note in data.notes)


def test_without_a_file_the_first_minutes_are_training(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "subway_exit.avi", 4)
    data = open_dataset(tmp_path)
    assert data.variant == "exit"
    assert any("first 5 minutes of exit" in note and "7499" in note for note in data.notes)
    assert len(list(data.train[0].open())) == 4


def test_abnormal_frames_are_taken_out_of_the_training_footage(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "subway_exit.avi", 20)
    write(tmp_path, {"exit": {"train": [[0, 9]], "abnormal": [[3, 4], [8, 12]]}})
    data = open_dataset(tmp_path)
    assert [len(list(clip.open())) for clip in data.train] == [3, 3]
    assert any("taken out" in note for note in data.notes)
    (test,) = data.test
    assert test.labels is not None
    assert test.labels().tolist() == [1] * 5 + [0] * 7


@pytest.mark.parametrize(
    ("value", "message"),
    [({"exit": {"trian": []}}, "did you mean 'train'"), ({"exits": {}}, "did you mean 'exit'"),
     ({"exit": {"video": "no.avi"}}, "no.avi, which is not there"), ({"exit": 3}, "an object"),
     ({"entrance": {"train": [[0, 1]]}}, "no video subway_entrance"),
     ({"exit": {"train": [[5, 1]]}}, "backwards"), ({"exit": {"train": []}}, "no training frames")],
)  # fmt: skip
def test_bad_files(tmp_path: Path, write_video, value: object, message: str) -> None:
    write_video(tmp_path / "subway_exit.avi", 4)
    write(tmp_path, value)
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path)


def test_labels_longer_than_the_video(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "subway_exit.avi", 6)
    write(tmp_path, {"exit": {"train": [[0, 1]], "abnormal": [[5, 6]]}})
    labels = open_dataset(tmp_path).test[0].labels
    assert labels is not None
    with pytest.raises(DatasetError, match=r"longer.*frame 6 .*6 frames"):
        labels()


def test_a_file_alone(tmp_path: Path) -> None:
    write(tmp_path, {})
    with pytest.raises(DatasetError, match="no video"):
        open_dataset(tmp_path)


def test_other_footage_beside_is_named(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "subway_exit.avi", 12)
    write_video(tmp_path / "old" / "cut.avi", 3)
    (tmp_path / "subway.json").write_text('{"exit": {"train": [[0, 5]], "abnormal": [[8, 9]]}}')
    (note,) = open_dataset(tmp_path).notes
    assert note.endswith("being neither entrance nor exit: old/cut.")
