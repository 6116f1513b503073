"""Pose files, and whose pose is in which box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.errors import InputError
from awry.teachers.poses import Poses, pose_vectors

# Head, left foot, right foot of somebody 40 pixels high at (100, 50).
STANDS = [100.0, 50.0, 0.9, 90.0, 90.0, 0.8, 110.0, 90.0, 0.7]


def write(folder: Path, name: str, content: Any) -> None:
    file = folder / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


def test_lists_and_tracks_say_the_same(tmp_path: Path) -> None:
    other = [value + 1 for value in STANDS]
    write(
        tmp_path,
        "listed",
        [
            {"image_id": "0012.jpg", "keypoints": STANDS},
            {"image_id": 13, "keypoints": STANDS},
            {"image_id": "12", "keypoints": other},
        ],
    )
    write(tmp_path, "tracked", {
        "1": {"0012": {"keypoints": STANDS}, "13": {"keypoints": STANDS}},
        "2": {"12": {"keypoints": other}},
    })  # fmt: skip
    poses = Poses(tmp_path)
    assert poses.keypoints == 3
    for frame, count in ((12, 2), (13, 1), (14, 0)):
        one, two = poses.at("test/listed", frame), poses.at("tracked", frame)
        assert len(one) == count
        np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(poses.at("listed", 13)[0], np.reshape(STANDS, (3, 3)))


def test_training_and_test_clips_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, "train/01", [{"image_id": 0, "keypoints": STANDS}])
    write(tmp_path, "test/01", [])
    poses = Poses(tmp_path)
    assert (len(poses.at("train/01", 0)), len(poses.at("test/01", 0))) == (1, 0)
    with pytest.raises(InputError, match="no pose file for the clip 'test/02'"):
        poses.at("test/02", 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([{"image_id": "a.jpg", "keypoints": STANDS}], "invalid literal"),
        ([{"image_id": -1, "keypoints": STANDS}], "frame -1"),
        ([{"image_id": 1, "keypoints": STANDS[:-1]}], "x, y and certainty"),
        ([{"image_id": 1, "keypoints": [float("nan"), 1.0, 1.0]}], "finite"),
        ([{"image_id": 1}], "'keypoints' is missing"),
        (3, "expected a list of poses"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: Any, said: str) -> None:
    write(tmp_path, "c", content)
    with pytest.raises(InputError, match=r"c\.json") as raised:
        Poses(tmp_path).at("c", 1)
    assert said in str(raised.value)


def test_a_folder_without_poses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pose files"):
        Poses(tmp_path)
    write(tmp_path, "c", [])
    with pytest.raises(InputError, match="have no pose"):
        Poses(tmp_path).keypoints  # noqa: B018


def test_a_pose_is_told_whatever_its_place_and_size() -> None:
    poses = np.reshape(STANDS, (1, 3, 3)).astype(np.float32)
    boxes = np.array([[88, 45, 112, 92], [300, 50, 320, 90]], np.float32)
    vectors = pose_vectors(poses, boxes, 3)
    np.testing.assert_allclose(vectors[0], [0, -0.5, -0.25, 0.5, 0.25, 0.5], atol=1e-6)
    assert np.isnan(vectors[1]).all()
    scaled = poses * np.array([2, 2, 1], np.float32) + np.array([7, 9, 0], np.float32)
    again = pose_vectors(scaled, boxes * 2 + np.array([7, 9, 7, 9], np.float32), 3)
    np.testing.assert_allclose(again, vectors, atol=1e-5)


def test_unknown_keypoints_lie_in_the_middle_and_too_few_say_nothing() -> None:
    four = np.reshape([*STANDS, 0.0, 0.0, 0.0], (1, 4, 3)).astype(np.float32)
    box = np.array([[90, 50, 110, 90]], np.float32)
    assert pose_vectors(four, box, 4)[0, 6:].tolist() == [0, 0]
    four[0, 0, 2] = 0
    assert np.isnan(pose_vectors(four, box, 4)).all()
    assert pose_vectors(np.empty((0, 0, 3), np.float32), box, 4).shape == (1, 8)
    with pytest.raises(InputError, match="4 keypoints where the training footage's had 17"):
        pose_vectors(four, box, 17)
