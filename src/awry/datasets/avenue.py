"""CUHK Avenue.

Lu, Shi, Jia: Abnormal event detection at 150 FPS in Matlab, ICCV 2013.

Masks are Matlab files `N_label.mat` with the cell array `volLabel`, one H x W picture a frame. A
frame is abnormal if its mask has any pixel.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import (
    ClipFinder,
    frame_size,
    has_entries,
    known_length,
    normal_clips,
    without_training,
)
from awry.datasets.labels import unlabelled
from awry.datasets.masks import LabelsOfMasks, checked_masks
from awry.datasets.matlab import read_cells
from awry.errors import DatasetError
from awry.video.open import FoundSource

FPS = 25.0
_NAME = re.compile(r"\d{1,2}")
_TRAIN = ("training_videos", "training/frames")
_TEST = ("testing_videos", "testing/frames")
_LABELS = "ground_truth_demo/testing_label_mask"


def _recognises(root: Path) -> bool:
    return any(has_entries(root / place, _NAME) for place in _TRAIN + _TEST)


def _read(root: Path, fps: float | None) -> Dataset:
    fps = fps or FPS
    finder = ClipFinder(root, fps)
    train = normal_clips(finder.first(_TRAIN, _NAME), "avenue")
    test = tuple(_test_clip(root, one) for one in finder.first(_TEST, _NAME))
    notes = finder.notes + without_training(train, "training_videos")
    notes += unlabelled(test, f"{_LABELS}/N_label.mat is missing")
    return Dataset(
        "avenue", "avenue", root, fps, train, test, (), tuple(notes), tuple(finder.failed)
    )


def _test_clip(root: Path, one: FoundSource) -> Clip:
    files = [root / _LABELS / f"{number}_label.mat" for number in (int(one.name), one.name)]
    for file in files:
        if file.is_file():
            masks = partial(_masks, file, Path(one.where), one.name)
            return Clip(one.name, one.open, "avenue", LabelsOfMasks(masks), masks)
    return Clip(one.name, one.open, "avenue")


def _masks(file: Path, where: Path, clip: str) -> NDArray[np.bool_]:
    cells = read_cells(file, "volLabel")
    if not cells or any(cell.shape != cells[0].shape for cell in cells):
        raise DatasetError(
            f"The cell array volLabel of {file} is empty or its cells differ in size; "
            "expected one H x W mask for each frame."
        )
    return checked_masks(np.stack(cells), known_length(where), frame_size(where), clip, file)


LAYOUT = Layout(
    LayoutInfo(
        name="avenue",
        title="CUHK Avenue",
        how_to_get=(
            "Avenue_Dataset.zip and ground_truth_demo.zip from "
            "http://www.cse.cuhk.edu.hk/leojia/projects/detectabnormal/dataset.html; unpack the "
            "second into the folder of the first."
        ),
        citation="Lu, Shi, Jia, Abnormal event detection at 150 FPS in Matlab, ICCV 2013",
        sketch="""\
Avenue Dataset/
  training_videos/01.avi ...    or training/frames/01/0000.jpg ...
  testing_videos/01.avi ...     or testing/frames/01/0000.jpg ...
  ground_truth_demo/testing_label_mask/1_label.mat ...""",
        fps=FPS,
        looks_for="training_videos/NN or testing_videos/NN (or training/frames/NN)",
    ),
    _recognises,
    _read,
)
