from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awry.datasets import open_dataset
from awry.errors import DatasetError
from awry.evaluation.files.dataset_labels import clip_called, is_dataset, read_dataset_labels


def test_labels_of_test_clips(shared_data: Path) -> None:
    labels = read_dataset_labels(shared_data)
    assert {name: marks.nonzero()[0].tolist() for name, marks in labels.labels.items()} == {
        "clip0": list(range(30, 45)),
        "clip1": list(range(30, 45)),
    }
    assert (labels.unlabelled, labels.where) == ((), shared_data)


def test_clips_without_labels_are_left_out_and_named(shared_data: Path) -> None:
    data = open_dataset(shared_data, fps=10)
    bare = replace(data.test[0], labels=None)
    labels = read_dataset_labels(replace(data, test=(bare, data.test[1])))
    assert (list(labels.labels), labels.unlabelled, labels.fps) == (["clip1"], ("clip0",), 10)
    assert labels.notes[-1] == "1 test clips have no labels and are left out: clip0."
    with pytest.raises(DatasetError, match=r"No test clip of .* has labels"):
        read_dataset_labels(replace(data, test=(bare,)))


def test_a_folder_of_label_files_is_no_data_set(shared_data: Path, tmp_path: Path) -> None:
    assert is_dataset(shared_data)
    (tmp_path / "clip0.csv").write_text("0\n")
    assert not is_dataset(tmp_path)
    (tmp_path / "more").mkdir()
    assert not is_dataset(tmp_path)
    assert not is_dataset({"clip0": [0, 1]})


def test_sources_are_matched_but_for_folder_and_ending() -> None:
    assert clip_called("test/clip0.mp4", {"clip0", "clip1"}) == "clip0"
    assert clip_called("elsewhere", {"clip0"}) == "elsewhere"
