"""One frame as it is, and spoiled in several ways."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import ConfigError
from awry.frames import Frame
from awry.methods.paper_figures import Distorted
from awry.studies.corruptions import CORRUPTIONS
from awry.studies.corruptions.conditions import Conditions
from awry.studies.figures.choice import one_clip
from awry.studies.figures.grid import Cell, write_grid
from awry.studies.figures.job import Drawn, Job

COLUMNS = 3


def distorted(job: Job[Distorted]) -> Drawn:
    """Nothing is fitted or scored: the corruptions of `awry robustness` on one frame.

    Values: the frame, and each picture's corruption, level and mean brightness.

    Raises:
        ConfigError: the clip has no such frame.
        DatasetError: there is no such clip.
    """
    clip = one_clip(job.data, job.request.clip, job.spec.clip)
    frame = _frame(clip, job.request.frames[0] if job.request.frames else None)
    cells, values = [], []
    for heading, how in job.spec.pictures.items():
        image = frame.image if how is None else spoiled(frame, clip.name, *how, job.seed)
        cells.append(Cell(image, heading))
        name, level = how or ("none", 1.0)
        brightness = float(image.mean())
        values.append({"corruption": name, "level": level, "brightness": brightness})
    rows = {" " * n: cells[n : n + COLUMNS] for n in range(0, len(cells), COLUMNS)}
    title = f"{clip.name}, frame {frame.index} ({job.data.variant})"
    file = write_grid(job.file(".png"), title, rows)
    return Drawn((file,), {"clip": clip.name, "frame": frame.index, "pictures": values})


def spoiled(frame: Frame, clip: str, corruption: str, level: float, seed: int) -> NDArray[np.uint8]:
    """A frame under a corruption at any level; uint8 (H, W, 3), RGB.

    Args:
        frame: of the clip.
        clip: its name, which with the seed decides every random number.
        corruption: one of `awry.studies.corruptions.CORRUPTIONS`.
        level: its strength, in the corruption's own unit.
        seed: of the random choices.
    """
    conditions = Conditions.of(seed, clip, corruption, 0)
    (one,) = CORRUPTIONS[corruption].apply([frame], level, conditions)
    image: Any = one.image
    return np.asarray(image, np.uint8)


def _frame(clip: Clip, index: int | None) -> Frame:
    """The asked-for frame, or the clip's first abnormal one, or its first.

    Raises:
        ConfigError: the clip has no such frame.
    """
    if index is None:
        labels = None if clip.labels is None else clip.labels()
        index = int(np.argmax(labels)) if labels is not None and labels.any() else 0
    for frame in clip.open():
        if frame.index == index:
            return frame
    raise ConfigError(f"{clip.name} has no frame {index}: frames count from 0.")
