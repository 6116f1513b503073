"""ShanghaiTech Campus: 13 scenes, named by the first two digits of each clip.

Luo, Liu, Gao: A revisit of sparse coding based anomaly detection in stacked RNN framework,
ICCV 2017; Liu et al., CVPR 2018.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.arrays import load_array
from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import (
    ClipFinder,
    has_entries,
    known_length,
    without_training,
)
from awry.datasets.labels import (
    Labels,
    checked_labels,
    unlabelled,
)
from awry.datasets.masks import LabelsOfMasks, array_masks
from awry.video.open import FoundSource

FPS = 24.0
_NAME = re.compile(r"\d{2}_\d{3,4}")
_TRAIN = ("training/videos", "training/frames")
_TEST = ("testing/frames", "testing/videos")


def _recognises(root: Path) -> bool:
    return any(has_entries(root / place, _NAME) for place in _TRAIN + _TEST)


def _read(root: Path, fps: float | None) -> Dataset:
    fps = fps or FPS
    finder = ClipFinder(root, fps)
    train = tuple(
        Clip(one.name, one.open, one.name.partition("_")[0]) for one in finder.first(_TRAIN, _NAME)
    )
    test = tuple(_test_clip(root / "testing", one) for one in finder.first(_TEST, _NAME))
    notes = finder.notes + without_training(train, " and ".join(_TRAIN))
    notes += unlabelled(test, "testing/test_frame_mask holds no file for them")
    return Dataset(
        "shanghaitech",
        "shanghaitech",
        root,
        fps,
        train,
        test,
        (),
        tuple(notes),
        tuple(finder.failed),
    )


def _test_clip(testing: Path, one: FoundSource) -> Clip:
    labels_at = testing / "test_frame_mask" / f"{one.name}.npy"
    masks_at = testing / "test_pixel_mask" / f"{one.name}.npy"
    masks = array_masks(masks_at, one.name, Path(one.where)) if masks_at.is_file() else None
    labels: Labels | None = LabelsOfMasks(masks) if masks else None
    if labels_at.is_file():
        labels = partial(_labels, labels_at, one)
    return Clip(one.name, one.open, one.name.partition("_")[0], labels, masks)


def _labels(file: Path, one: FoundSource) -> NDArray[np.uint8]:
    return checked_labels(load_array(file), known_length(Path(one.where)), one.name, file)


LAYOUT = Layout(
    LayoutInfo(
        name="shanghaitech",
        title="ShanghaiTech Campus",
        how_to_get="Links at https://svip-lab.github.io/dataset/campus_dataset.html.",
        citation=(
            "Luo, Liu, Gao, A revisit of sparse coding based anomaly detection in stacked RNN "
            "framework, ICCV 2017"
        ),
        sketch="""\
shanghaitech/
  training/videos/01_001.avi ...        or training/frames/01_001/
  testing/frames/01_0014/000.jpg ...
  testing/test_frame_mask/01_0014.npy   labels
  testing/test_pixel_mask/01_0014.npy   masks""",
        fps=FPS,
        looks_for="training/videos/SS_NNN.avi or testing/frames/SS_NNNN",
    ),
    _recognises,
    _read,
)
