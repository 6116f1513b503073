"""A data set held to itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.check import check_dataset, problems_of
from awry.progress import NO_FIGURES, Silent


@pytest.fixture
def root(tmp_path: Path, write_pictures, write_video) -> Path:
    """Everything fits."""
    write_pictures(tmp_path / "train" / "one", 3)
    write_pictures(tmp_path / "test" / "a", 5)
    write_video(tmp_path / "test" / "v.mp4", 6)
    write_pictures(tmp_path / "masks" / "a", 5)
    (tmp_path / "labels").mkdir()
    np.save(tmp_path / "labels" / "v.npy", np.arange(6) > 3)
    return tmp_path


def problems(root: Path) -> list[str]:
    """The same with and without decoding everything."""
    data = open_dataset(root)
    quick = problems_of(data)
    assert problems_of(data, full=True) == quick
    return quick


def test_nothing_to_say(root: Path) -> None:
    assert problems(root) == []


class Counting(Silent):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        self.told.append((title, total))

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        self.told.append(1)

    def end(self, title: str) -> None:
        self.told.append(title)


def test_a_data_set_in_figures(root: Path) -> None:
    reporter = Counting()
    check = check_dataset(root, reporter=reporter)
    assert reporter.told == [("checking clips", 3), 1, 1, 1, "checking clips"]
    assert (check.layout, check.train_clips, check.test_clips) == ("folder", ("one",), ("a", "v"))
    assert (check.labelled, check.with_masks, check.failed) == (2, 1, ())
    assert check.to_dict()["test_clips"] == ["a", "v"]
    assert check.rows() == [
        {"part": "train", "clip": "one"},
        {"part": "test", "clip": "a"},
        {"part": "test", "clip": "v"},
    ]
    assert [int(bar.get_width()) for bar in check.plot().patches] == [1, 2, 2, 1, 1]
    assert [card.value for card in check.cards()] == ["1", "2", "0"]
    assert check_dataset(open_dataset(root)) == check


def test_labels_of_another_number_than_frames(root: Path) -> None:
    for count in (5, 7):
        np.save(root / "labels" / "v.npy", np.zeros(count))
        (problem,) = problems(root)
        assert problem.startswith(f"test/v: It has 6 frames, but its labels speak of {count}.")


def test_ranges_beyond_the_clip(root: Path) -> None:
    (root / "labels.csv").write_text("v,3,6\na,0,4\n")
    (problem,) = problems(root)
    assert problem.startswith("test/v: The labels of v in")
    assert "longer than the clip: they reach frame 6 (0-based), but it has 6 frames" in problem


def test_masks_that_do_not_fit(root: Path, write_pictures) -> None:
    (root / "masks" / "a" / "005.png").unlink()
    np.save(root / "masks" / "v.npy", np.zeros((6, 32, 40), bool))
    first, second = problems(root)
    assert first.startswith("test/a: The masks of a in")
    assert "4 masks for 5 frames" in first
    assert second.startswith("test/v: The masks of v in")
    assert "masks of 40 x 32, frames of 48 x 32 pixels" in second


def test_clips_that_cannot_be_read(root: Path) -> None:
    (root / "test" / "v.mp4").write_bytes(b"no video")
    for path in (root / "train" / "one").iterdir():
        path.write_bytes(b"")
    first, second = problems(root)
    assert first.startswith("train/one: None of the 3 pictures of")
    assert second.startswith("test/v: Cannot read")


def test_tracks_beyond_the_clip(root: Path) -> None:
    (root / "tracks").mkdir()
    (root / "tracks" / "v.txt").write_text("0,9,1,1,4,4\n")
    (problem,) = problems(root)
    assert problem.startswith("test/v: ")
    assert "names frame 9 (0-based), but there are 6 frames" in problem


def test_only_decoding_finds_a_picture_that_is_damaged_further_on(root: Path) -> None:
    (root / "test" / "a" / "003.png").write_bytes(b"")
    data = open_dataset(root)
    assert problems_of(data) == []
    (problem,) = problems_of(data, full=True)
    assert problem.startswith("test/a: ")
    assert "003.png was skipped" in problem


def test_labels_and_masks_of_no_clip_are_noted(root: Path, write_pictures) -> None:
    np.save(root / "labels" / "w.npy", np.zeros(3))
    write_pictures(root / "masks" / "b", 1)
    notes = " ".join(open_dataset(root).notes)
    assert f"{root / 'labels'} holds what belongs to no test clip: w.npy." in notes
    assert f"{root / 'masks'} holds what belongs to no test clip: b." in notes
