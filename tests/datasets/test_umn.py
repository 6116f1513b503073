"""UMN, one video a clip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.datasets import open_dataset
from awry.errors import DatasetError
from awry.video.ignore import IgnoreRegions


def make(root: Path, write_video, labels: object, names: tuple[str, ...] = ("Trim1",)) -> Path:
    for name in names:
        write_video(root / f"{name}.mp4", 20, fps=30)
    (root / "labels.json").write_text(json.dumps(labels))
    return root


def test_two_thirds_of_the_normal_part_are_training(tmp_path: Path, write_video) -> None:
    # Frames 0 to 9 are normal, 10 to 14 are not.
    data = open_dataset(make(tmp_path, write_video, {"Trim1": [[11, 15]]}))
    assert (data.name, data.fps, data.variant) == ("umn", 30, "umn")
    (train,), (test,) = data.train, data.test
    assert (train.name, train.scene, test.name, test.scene) == (
        "Trim1-normal", "lawn", "Trim1", "lawn",
    )  # fmt: skip
    assert [frame.index for frame in train.open()] == list(range(6))
    frames = list(test.open())
    assert [frame.index for frame in frames] == list(range(14))
    assert frames[0].time_s == pytest.approx(6 / 30)
    assert test.labels is not None
    assert test.labels().tolist() == [0] * 4 + [1] * 5 + [0] * 5
    assert "two thirds" in data.notes[0]


def test_the_ignored_regions_can_be_read(tmp_path: Path, write_video) -> None:
    data = open_dataset(make(tmp_path, write_video, {"Trim1": [[11, 15]]}))
    mask = IgnoreRegions.parse(data.ignore).mask(240, 320)
    assert mask[:24].all()
    assert mask[198:, 250:].all()
    assert mask.sum() == 24 * 320 + 42 * 70


def test_scenes(tmp_path: Path, write_video) -> None:
    labels = {"Trim3": [[11, 15]], "Yard": [[11, 15]], "Other": [[11, 15, "plaza"], [18, 19]]}
    data = open_dataset(make(tmp_path, write_video, labels, ("Trim3", "Yard", "Other")))
    assert {clip.name: clip.scene for clip in data.test} == {
        "Trim3": "indoor", "Yard": "scene", "Other": "plaza",
    }  # fmt: skip


def test_missing_and_unlabelled_clips_are_noted(tmp_path: Path, write_video) -> None:
    labels = {"Trim1": [], "Trim2": [[1, 5]]}
    data = open_dataset(make(tmp_path, write_video, labels, ("Trim1", "Trim9")))
    assert [(clip.name, clip.labels is None) for clip in data.test] == [
        ("Trim1", False), ("Trim9", True),
    ]  # fmt: skip
    assert data.test[0].labels is not None
    assert data.test[0].labels().tolist() == [0] * 7
    assert any("Trim2" in note for note in data.notes)
    assert any("No labels for Trim9" in note for note in data.notes)


def test_an_abnormal_start_leaves_nothing_to_train_on(tmp_path: Path, write_video) -> None:
    data = open_dataset(make(tmp_path, write_video, {"Trim1": [[1, 5]]}))
    assert data.train == ()
    assert data.test[0].labels is not None
    assert data.test[0].labels().tolist() == [1] * 5 + [0] * 15


@pytest.mark.parametrize(
    ("ranges", "message"),
    [([[0, 5]], "below 1"), ([[9, 5]], "backwards"), ([[1]], "list of pairs"), (7, "list of pairs"),
     ([[1.5, 2]], "list of pairs")],
)  # fmt: skip
def test_bad_ranges(tmp_path: Path, write_video, ranges: object, message: str) -> None:
    make(tmp_path, write_video, {"Trim1": ranges})
    with pytest.raises(DatasetError, match=rf"(?s)Trim1 .*{message}"):
        open_dataset(tmp_path)


def test_labels_longer_than_the_clip(tmp_path: Path, write_video) -> None:
    data = open_dataset(make(tmp_path, write_video, {"Trim1": [[11, 21]]}))
    assert data.test[0].labels is not None
    with pytest.raises(DatasetError, match=r"Trim1 .*longer.*frame 20 .*20 frames"):
        data.test[0].labels()


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_bad_label_file(tmp_path: Path, write_video, text: str) -> None:
    make(tmp_path, write_video, {})
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DatasetError, match="JSON"):
        open_dataset(tmp_path)


@pytest.mark.shared
def test_the_real_clips(shared: Path) -> None:
    data = open_dataset(shared / "data" / "UMN")
    assert [clip.scene for clip in data.test] == ["lawn"] * 2 + ["indoor"] * 6
    for clip, length in zip(data.test, (612, 808, 507, 672, 728, 574, 888, 535), strict=True):
        assert clip.labels is not None
        normal = next(one for one in data.train if one.name == f"{clip.name}-normal")
        assert normal.scene == clip.scene
        assert len(clip.labels()) < length
    trim1 = data.test[0]
    assert trim1.labels is not None
    # 1-based 510 to 610; 339 of the 509 normal frames are training.
    assert trim1.labels().tolist() == [0] * 170 + [1] * 101 + [0] * 2
    assert sum(1 for _ in trim1.open()) == len(trim1.labels())


def test_numbers_as_other_programs_write_them(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "Trim1.mp4", 12)
    (tmp_path / "labels.json").write_bytes('{"Trim1": [[7.0, "9"]]}'.encode("utf-16"))
    (clip,) = open_dataset(tmp_path).test
    assert clip.labels is not None
    assert clip.labels().tolist() == [0, 0, 1, 1, 1, 0, 0, 0]
