"""Small footage with true boxes, and one folder of fits for all tests of figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from awry.datasets.base import Clip, Dataset
from awry.datasets.tracks import Tracks
from awry.detector import Detector
from awry.fitting import FitOptions, fit_detector
from awry.video.memory import ArraySource
from support import moving_square


def _opener(images: np.ndarray, name: str) -> Callable[[], ArraySource]:
    return lambda: ArraySource(images, fps=10, name=name)


def _tracks(first: int, last: int) -> Tracks:
    """One box for each abnormal frame, around the rows that the square walks on."""
    frames = np.arange(first, last)
    boxes = np.tile([0.0, 24.0, 71.0, 47.0], (len(frames), 1))
    return Tracks(np.zeros(len(frames), np.int64), frames, boxes, "made")


def small_data(train: int = 50, test: int = 60, variant: str = "ped2") -> Dataset:
    """Three normal clips, and two in whose middle half the square runs; frames of each."""
    normal = []
    for number in range(3):
        name = f"Train{number:03d}"
        normal.append(Clip(name, _opener(moving_square(train, number), name)))
    clips = []
    first, last = test // 3, test // 3 + test // 2
    for number in range(2):
        images = moving_square(test, 900 + number)
        images[first:last] = moving_square(test, 950 + number, speed=8)[first:last]
        labels = np.zeros(test, np.uint8)
        labels[first:last] = 1
        name, tracks = f"Test{number + 2:03d}", partial(_tracks, first, last)
        clips.append(Clip(name, _opener(images, name), labels=labels.copy, tracks=tracks))
    return Dataset("memory", variant, None, 10.0, tuple(normal), tuple(clips))


@pytest.fixture(scope="session")
def footage() -> Dataset:
    return small_data()


@pytest.fixture(scope="session")
def archive() -> Dataset:
    """Shorter, for what ranks an archive by its own frames."""
    return small_data(18, 24)


@pytest.fixture(scope="session")
def flow_detector(footage: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """The motion reference, fitted."""
    folder = tmp_path_factory.mktemp("flow") / "bundle"
    return fit_detector("flow", footage, folder, FitOptions(preset="tiny"))
