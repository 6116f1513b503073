"""ShanghaiTech Campus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.errors import DatasetError


@pytest.fixture
def root(tmp_path: Path, write_pictures, write_video) -> Path:
    write_video(tmp_path / "training" / "videos" / "01_001.avi", 3)
    write_video(tmp_path / "training" / "videos" / "13_007.avi", 3)
    write_pictures(tmp_path / "testing" / "frames" / "01_0014", 4, first=0, suffix=".jpg")
    write_pictures(tmp_path / "testing" / "frames" / "06_0150", 4, first=0, suffix=".jpg")
    for kind in ("frame", "pixel"):
        (tmp_path / "testing" / f"test_{kind}_mask").mkdir()
    return tmp_path


def save(root: Path, kind: str, values: np.ndarray) -> None:
    np.save(root / "testing" / f"test_{kind}_mask" / "01_0014.npy", values)


def test_scenes_labels_and_masks(root: Path) -> None:
    save(root, "frame", np.array([0, 1, 1, 0], np.int8))
    save(root, "pixel", np.ones((4, 8, 12), np.uint8))
    data = open_dataset(root)
    assert (data.name, data.fps) == ("shanghaitech", 24)
    assert [(clip.name, clip.scene) for clip in data.train] == [("01_001", "01"), ("13_007", "13")]
    first, second = data.test
    assert (second.scene, second.labels, second.masks) == ("06", None, None)
    assert "No labels for 06_0150" in data.notes[0]
    assert first.labels is not None
    assert first.labels().tolist() == [0, 1, 1, 0]
    assert first.labels().dtype == np.uint8
    assert first.masks is not None
    assert first.masks().dtype == bool


def test_labels_from_pixel_masks_alone(root: Path) -> None:
    masks = np.zeros((4, 8, 12), np.uint8)
    masks[3, 0, 0] = 1
    save(root, "pixel", masks)
    labels = open_dataset(root).test[0].labels
    assert labels is not None
    assert labels().tolist() == [0, 0, 0, 1]


def test_training_frames_instead_of_videos(root: Path, write_pictures) -> None:
    for video in (root / "training" / "videos").iterdir():
        video.unlink()
    write_pictures(root / "training" / "frames" / "02_001", 2)
    assert [clip.name for clip in open_dataset(root).train] == ["02_001"]


@pytest.mark.parametrize(
    ("values", "message"),
    [(np.zeros(5), "5 labels for 4 frames"), (np.full(4, 2), "one 0 or 1"),
     (np.zeros((4, 2)), "one 0 or 1"), (np.array(["a", {}], object), "Cannot read")],
)  # fmt: skip
def test_bad_labels(root: Path, values: np.ndarray, message: str) -> None:
    save(root, "frame", values)
    labels = open_dataset(root).test[0].labels
    assert labels is not None
    with pytest.raises(DatasetError, match=message):
        labels()


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3, 8, 12), "3 masks for 4 frames"), ((4, 8, 11), "masks of 11 x 8"), ((4, 8), r"\(n, H, W")],
)
def test_bad_masks(root: Path, shape: tuple[int, ...], message: str) -> None:
    save(root, "pixel", np.zeros(shape))
    masks = open_dataset(root).test[0].masks
    assert masks is not None
    with pytest.raises(DatasetError, match=message):
        masks()


def test_a_truncated_file(root: Path) -> None:
    file = root / "testing" / "test_frame_mask" / "01_0014.npy"
    np.save(file, np.zeros(4))
    file.write_bytes(file.read_bytes()[:-8])
    labels = open_dataset(root).test[0].labels
    assert labels is not None
    with pytest.raises(DatasetError, match="Cannot read"):
        labels()
