"""CUHK Avenue."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from awry.datasets import open_dataset
from awry.errors import DatasetError, MissingError

LABELS = Path("ground_truth_demo") / "testing_label_mask"


def write_labels(root: Path, number: int, masks: np.ndarray) -> Path:
    cells = np.empty((1, len(masks)), object)
    for k, mask in enumerate(masks):
        cells[0, k] = mask
    file = root / LABELS / f"{number}_label.mat"
    file.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(file, {"volLabel": cells})
    return file


def some_masks(count: int = 5, size: tuple[int, int] = (32, 48)) -> np.ndarray:
    masks = np.zeros((count, *size), np.uint8)
    masks[2, 3, 4] = 1
    masks[3] = 1
    return masks


def test_videos_as_published_with_clips_missing(tmp_path: Path, write_video) -> None:
    write_video(tmp_path / "training_videos" / "01.avi", 4)
    write_video(tmp_path / "training_videos" / "10.avi", 4)
    write_video(tmp_path / "testing_videos" / "03.avi", 5)
    write_video(tmp_path / "testing_videos" / "21.avi", 5)
    write_labels(tmp_path, 3, some_masks())
    data = open_dataset(tmp_path)
    assert (data.name, data.variant, data.fps) == ("avenue", "avenue", 25)
    assert [clip.name for clip in data.train] == ["01", "10"]
    labelled, other = data.test
    assert (labelled.name, other.name) == ("03", "21")
    assert labelled.labels is not None
    assert labelled.labels().tolist() == [0, 0, 1, 1, 0]
    assert labelled.masks is not None
    assert labelled.masks().shape == (5, 32, 48)
    assert labelled.masks()[2].sum() == 1
    assert other.labels is None
    assert "No labels for 21" in data.notes[0]
    assert len(list(labelled.open())) == 5


@pytest.mark.parametrize("place", ["testing_videos", "testing/frames"])
def test_folders_of_pictures(tmp_path: Path, write_pictures, place: str) -> None:
    write_pictures(tmp_path / place / "01", 5, first=0, suffix=".jpg")
    write_labels(tmp_path, 1, some_masks(size=(8, 12)))
    (clip,) = open_dataset(tmp_path).test
    assert clip.labels is not None
    assert clip.labels().tolist() == [0, 0, 1, 1, 0]
    assert [frame.time_s for frame in clip.open()][:2] == [0, 1 / 25]


@pytest.mark.parametrize(
    ("masks", "message"),
    [(some_masks(6, (8, 12)), "01 .*6 masks for 5 frames"),
     (some_masks(5, (8, 13)), "masks of 13 x 8, frames of 12 x 8")],
)  # fmt: skip
def test_masks_that_do_not_fit(tmp_path: Path, write_pictures, masks, message: str) -> None:
    write_pictures(tmp_path / "testing_videos" / "01", 5)
    write_labels(tmp_path, 1, masks)
    (clip,) = open_dataset(tmp_path).test
    assert clip.masks is not None
    with pytest.raises(DatasetError, match=message):
        clip.masks()


def open_masks(tmp_path: Path, write_pictures):
    write_pictures(tmp_path / "testing_videos" / "01", 5)
    (clip,) = open_dataset(tmp_path).test
    assert clip.masks is not None
    return clip.masks


def test_other_matlab_files(tmp_path: Path, write_pictures) -> None:
    file = write_labels(tmp_path, 1, some_masks())
    scipy.io.savemat(file, {"other": np.zeros(3)})
    with pytest.raises(DatasetError, match="no cell array 'volLabel'"):
        open_masks(tmp_path, write_pictures)()
    file.write_bytes(b"")
    with pytest.raises(DatasetError, match="Cannot read"):
        open_masks(tmp_path, write_pictures)()
    file.write_bytes(b"nothing of the kind" * 20)
    with pytest.raises(DatasetError, match="Cannot read"):
        open_masks(tmp_path, write_pictures)()


def header_73(file: Path) -> None:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(header.ljust(512, b"\0"))


def test_format_73_without_its_package(tmp_path: Path, write_pictures, monkeypatch) -> None:
    header_73(tmp_path / LABELS / "1_label.mat")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingError, match=r"h5py.*awry\[matlab73\]"):
        open_masks(tmp_path, write_pictures)()


def test_format_73(tmp_path: Path, write_pictures) -> None:
    h5py = pytest.importorskip("h5py", reason="needs the optional package h5py")
    file = tmp_path / LABELS / "1_label.mat"
    header_73(file)
    header = file.read_bytes()
    with h5py.File(file, "w", userblock_size=512) as stored:
        references = stored.create_dataset("volLabel", (5, 1), dtype=h5py.ref_dtype)
        for k, mask in enumerate(some_masks(size=(8, 12))):
            references[k, 0] = stored.create_dataset(f"#refs#/{k}", data=mask.T).ref
    with file.open("r+b") as raw:
        raw.write(header)
    masks = open_masks(tmp_path, write_pictures)()
    assert np.array_equal(masks, some_masks(size=(8, 12)) > 0)
