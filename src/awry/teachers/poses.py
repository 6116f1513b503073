"""Poses that somebody estimated before, read from JSON, and brought to boxes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError
from awry.foreign import read_text, reading
from awry.teachers.objects.base import names_in_files
from awry.teachers.objects.selection import box_iou

Keypoints = NDArray[np.float32]
NUMBERS = 3
"""Of a keypoint: x, y and how sure it is."""
SAME = 0.3
"""A pose is an object's from this intersection over union of its keypoints' box on."""
FEWEST = 3
"""A pose with fewer known keypoints says nothing."""
OPEN = 8
"""Clips that are held in memory."""


class Poses:
    """Keypoints by clip and frame.

    Each clip has a file `CLIP.json`, or `train/CLIP.json` and `test/CLIP.json` where training and
    test clips have the same names. It holds one of

    - a list of `{"image_id": "12.jpg", "keypoints": [x, y, sure, ...]}`, as AlphaPose and COCO's
      tools write it; the number in `image_id` is the frame;
    - `{person: {frame: {"keypoints": [x, y, sure, ...]}}}`, as trackers of poses write it.

    Frames count from 0 and x, y are pixels of the whole frame. All poses have the same keypoints;
    one whose certainty is 0 is unknown.

    Args:
        folder: where the files are.

    Raises:
        InputError: there is no such folder, or no JSON file in it.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder).expanduser()
        if not any(self._folder.glob("**/*.json")):
            raise InputError(
                f"There are no pose files in {folder}; expected a folder with CLIP.json for each "
                "clip, as AlphaPose writes them."
            )
        self._clip = lru_cache(OPEN)(self._read)

    @property
    def keypoints(self) -> int:
        """Of a pose.

        Raises:
            InputError: no file has a pose, or one cannot be read.
        """
        for file in sorted(self._folder.glob("**/*.json")):
            for poses in _of_file(file).values():
                return poses.shape[1]
        raise InputError(f"The files in {self._folder} have no pose: no attribute comes of them.")

    def at(self, clip: str, frame: int) -> Keypoints:
        """The poses of a frame, float32 (n, keypoints, 3).

        Args:
            clip: its name, with `train/` or `test/` before it.
            frame: from 0.

        Raises:
            InputError: the clip has no file, or one that cannot be read; names it.
        """
        frames = self._clip(clip)
        return frames.get(frame, np.empty((0, 0, NUMBERS), np.float32))

    def _read(self, clip: str) -> dict[int, Keypoints]:
        files = [self._folder / f"{name}.json" for name in names_in_files(clip)]
        file = next((one for one in files if one.is_file()), None)
        if file is None:
            raise InputError(
                f"There is no pose file for the clip '{clip}' in {self._folder}; expected "
                f"{files[0].name} there. A clip without anybody has a file with an empty list."
            )
        return _of_file(file)


def _of_file(file: Path) -> dict[int, Keypoints]:
    """The poses of each frame that has some."""
    with reading(file, "poses in JSON", InputError):
        frames: dict[int, list[Keypoints]] = {}
        for frame, keypoints in _entries(json.loads(read_text(file))):
            frames.setdefault(frame, []).append(_pose(keypoints))
        return {frame: np.stack(poses) for frame, poses in frames.items()}


def _entries(content: Any) -> Iterable[tuple[int, Any]]:
    """Frame and numbers of each pose."""
    if isinstance(content, list):
        for entry in content:
            yield _frame(entry["image_id"]), entry["keypoints"]
        return
    if not isinstance(content, dict):
        raise ValueError("expected a list of poses, or persons with frames")
    for frames in content.values():
        for frame, entry in frames.items():
            yield _frame(frame), entry["keypoints"]


def _frame(name: str | int) -> int:
    """The frame's number of `12`, `"12"`, `"0012.jpg"` or `"frames/0012.jpg"`."""
    number = int(Path(str(name)).stem)
    if number < 0:
        raise ValueError(f"frame {number} is before the first, which is 0")
    return number


def _pose(numbers: Any) -> Keypoints:
    flat = np.asarray(numbers, np.float32)
    if flat.ndim != 1 or not len(flat) or len(flat) % NUMBERS or not np.isfinite(flat).all():
        raise ValueError("keypoints are not x, y and certainty of each, in one finite list")
    return flat.reshape(-1, NUMBERS)


def pose_vectors(poses: Keypoints, boxes: NDArray[np.float32], count: int) -> Keypoints:
    """The pose of whoever stands in each box, whatever their place and size.

    Keypoints are given from the middle of the known ones, in heights of these; unknown ones lie in
    the middle. A box without a pose has NaN.

    Args:
        poses: float32 (n, keypoints, 3), in the boxes' pixels.
        boxes: float32 (m, 4).
        count: of keypoints that are expected.

    Returns:
        float32 (m, 2 * count).

    Raises:
        InputError: the poses have another number of keypoints.
    """
    vectors = np.full((len(boxes), 2 * count), np.nan, np.float32)
    if len(poses) and poses.shape[1] != count:
        raise InputError(
            f"A pose has {poses.shape[1]} keypoints where the training footage's had {count}: "
            "estimate all poses with the same network."
        )
    enough = [pose for pose in poses if (pose[:, 2] > 0).sum() >= FEWEST]
    if not enough or not len(boxes):
        return vectors
    corners = np.stack([_corners(pose) for pose in enough])
    overlap = box_iou(boxes, corners)
    best = overlap.argmax(1)
    for number in np.flatnonzero(overlap.max(1) >= SAME):
        pose, box = enough[best[number]], corners[best[number]]
        middle, height = (box[:2] + box[2:]) / 2, max(float(box[3] - box[1]), 1.0)
        known = pose[:, 2:] > 0
        vectors[number] = np.where(known, (pose[:, :2] - middle) / height, 0).ravel()
    return vectors


def _corners(pose: Keypoints) -> Keypoints:
    """The box around the known keypoints, (4,)."""
    known = pose[pose[:, 2] > 0, :2]
    return np.concatenate([known.min(0), known.max(0)])
