"""UBnormal, in a small tree of its layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.truth import track_source
from awry.errors import DatasetError

ABNORMAL = "abnormal_scene_2_scenario_1_fog"


def write_maps(folder: Path, name: str, maps: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(maps):
        cv2.imwrite(str(folder / f"{name}_{number:04d}_gt.png"), one)


@pytest.fixture
def maps() -> np.ndarray:
    """Object 3 moves to the right, object 5 stands still and is hidden in frame 2."""
    maps = np.zeros((6, 32, 48), np.uint8)
    for k in range(6):
        maps[k, 4:10, 2 + k : 8 + k] = 3
    maps[:, 20:30, 30:40] = 5
    maps[2][maps[2] == 5] = 0
    maps[4, 0:2, 44:46] = 3  # a piece of object 3 that is apart
    return maps


@pytest.fixture
def root(tmp_path: Path, write_video, maps: np.ndarray) -> Path:
    names = ("Scene1/normal_scene_1_scenario1_9", "Scene2/normal_scene_2_scenario_4",
             f"Scene2/{ABNORMAL}", "Scene10/normal_scene_10_scenario_1")  # fmt: skip
    for name in names:
        write_video(tmp_path / f"{name}.mp4", 6, fps=30)
    folder = tmp_path / "Scene2" / f"{ABNORMAL}_annotations"
    write_maps(folder, ABNORMAL, maps)
    (folder / f"{ABNORMAL}_tracks.txt").write_text("3,3,4\n5,1,3\n3,0,0\n")
    normal = "normal_scene_2_scenario_4"
    write_maps(tmp_path / "Scene2" / f"{normal}_annotations", normal, maps)
    return tmp_path


def write_lists(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    lists = {"normal_training": "normal_scene_1_scenario1_9",
             "normal_test": "normal_scene_2_scenario_4", "abnormal_test": ABNORMAL}  # fmt: skip
    for name, content in lists.items():
        (folder / f"{name}_video_names.txt").write_text(content + "\n")


@pytest.mark.parametrize("place", [".", "scripts"])
def test_the_makers_split(root: Path, place: str) -> None:
    write_lists(root / place)
    data = open_dataset(root)
    assert (data.name, data.variant, data.fps, data.notes) == ("ubnormal", "ubnormal", 30, ())
    assert [(clip.name, clip.scene) for clip in data.train] == [
        ("normal_scene_1_scenario1_9", "Scene1")
    ]
    assert [clip.name for clip in data.test] == [ABNORMAL, "normal_scene_2_scenario_4"]
    assert all(clip.labels and clip.masks and clip.tracks for clip in data.test)
    normal = data.test[1]
    assert normal.labels is not None
    assert normal.masks is not None
    assert normal.tracks is not None
    assert normal.labels().tolist() == [0] * 6
    assert not normal.masks().any()
    assert len(normal.tracks().ids) == 0


def test_without_lists_normal_videos_train(root: Path) -> None:
    data = open_dataset(root)
    assert [clip.scene for clip in data.train] == ["Scene1", "Scene2", "Scene10"]
    assert [clip.name for clip in data.test] == [ABNORMAL]
    assert "Without the makers' lists" in data.notes[0]


def test_labels_masks_and_tracks_of_abnormal_objects(root: Path, maps: np.ndarray) -> None:
    clip = open_dataset(root).test[0]
    assert clip.labels is not None
    assert clip.masks is not None
    assert clip.tracks is not None
    assert clip.labels().tolist() == [1, 1, 1, 1, 1, 0]
    expected = np.zeros(maps.shape, bool)
    for frame, one in [(3, 3), (4, 3), (1, 5), (2, 5), (3, 5), (0, 3)]:
        expected[frame] |= maps[frame] == one
    np.testing.assert_array_equal(clip.masks(), expected)
    tracks = clip.tracks()
    # Hidden in frame 2; in frame 4 the box is that of the larger piece.
    assert tracks.ids.tolist() == [0, 0, 1, 1, 2]
    assert tracks.frames.tolist() == [3, 4, 1, 3, 0]
    assert tracks.boxes.tolist() == [
        [5, 4, 10, 9], [6, 4, 11, 9], [30, 20, 39, 29], [30, 20, 39, 29], [2, 4, 7, 9],
    ]  # fmt: skip
    assert tracks.source == track_source(clip) == "UBnormal's object maps"


def test_a_video_without_annotation_has_no_labels(root: Path) -> None:
    (root / "Scene2" / f"{ABNORMAL}_annotations" / f"{ABNORMAL}_tracks.txt").unlink()
    data = open_dataset(root)
    assert (data.test[0].labels, data.test[0].tracks) == (None, None)
    assert ABNORMAL in data.notes[-1]


@pytest.mark.parametrize(
    ("line", "message"),
    [("3,4", "line 2: expected three"), ("3,1,2.5", "line 2: expected"), ("3,1,2,4.5", "line 2"),
     ("a,1,2", "line 2: expected"), ("3,4,2", "line 2: .*backwards"), ("0,1,2", "background"),
     ("3,1,6", "longer than the clip")],
)  # fmt: skip
def test_bad_lines(root: Path, line: str, message: str) -> None:
    file = root / "Scene2" / f"{ABNORMAL}_annotations" / f"{ABNORMAL}_tracks.txt"
    file.write_text(f"3,0,1\n{line}\n")
    labels = open_dataset(root).test[0].labels
    assert labels is not None
    with pytest.raises(DatasetError, match=message):
        labels()


@pytest.mark.parametrize("damage", ["missing", "broken", "small"])
def test_bad_maps_are_named(root: Path, damage: str) -> None:
    file = root / "Scene2" / f"{ABNORMAL}_annotations" / f"{ABNORMAL}_0003_gt.png"
    file.unlink()
    if damage == "broken":
        file.write_bytes(b"nonsense")
    if damage == "small":
        cv2.imwrite(str(file), np.full((8, 8), 3, np.uint8))
    masks = open_dataset(root).test[0].masks
    assert masks is not None
    with pytest.raises(DatasetError, match=ABNORMAL):
        masks()
