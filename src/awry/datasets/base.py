"""What every data set is turned into: clips with scenes, labels and masks.

`Layout` is what one file of this package offers to the list in `awry.datasets`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.tracks import Tracks
from awry.video.source import Source

_TRAINING, _TEST = "train/", "test/"


def name_in_training(clip: str) -> str:
    """A training clip's name where clips of both parts stand together.

    >>> name_in_training("Train001")
    'train/Train001'
    """
    return _TRAINING + clip


def name_in_test(clip: str) -> str:
    """A test clip's name where clips of both parts stand together: `test/Test001`."""
    return _TEST + clip


def is_in_training(name: str) -> bool:
    """Whether such a name is a training clip's."""
    return name.startswith(_TRAINING)


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a data set.

    Attributes:
        name: unique within its data set's part, e.g. `Test001`.
        open: makes a fresh `Source` of the clip's frames; nothing is read before it is called.
        scene: which camera view the clip shows.
        labels: reads the frame labels, uint8 (n,), 1 = abnormal; None where there are none.
        masks: reads the pixel masks, bool (n, H, W) or a sequence of n (H, W) arrays; None
            where there are none.
        tracks: reads the true boxes, followed over frames; None where there are none.
    """

    name: str
    open: Callable[[], Source]
    scene: str = "scene"
    labels: Callable[[], NDArray[np.uint8]] | None = None
    masks: Callable[[], NDArray[np.bool_]] | None = None
    tracks: Callable[[], Tracks] | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set as found on disk.

    Attributes:
        name: the layout's name, e.g. `ucsd`.
        variant: which of the layout's data sets, e.g. `ped2`; names data-dependent settings.
        root: the folder it was read from; None for data made on the spot.
        fps: frames per second, or None where it is unknown.
        train: normal clips.
        test: clips to score, labelled or not.
        ignore: regions whose pixels never count, as `awry.video.ignore` spells them.
        notes: what is missing or odd, one sentence each.
        failed: footage that was passed over and why, one sentence each.
    """

    name: str
    variant: str
    root: Path | None
    fps: float | None
    train: tuple[Clip, ...]
    test: tuple[Clip, ...]
    ignore: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayoutInfo:
    """What people are told about a layout.

    Attributes:
        name: as `--format` takes it.
        title: the data set's name in full.
        how_to_get: where it comes from, one sentence.
        citation: the paper to cite; empty where there is none.
        sketch: the folder as a tree, several lines.
        fps: frames per second of its footage, or None where that differs.
        looks_for: what the layout is recognised by, a few words.
    """

    name: str
    title: str
    how_to_get: str
    citation: str
    sketch: str
    fps: float | None
    looks_for: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that `awry.datasets.open_dataset` can read.

    Attributes:
        info: what people are told.
        recognises: whether a folder is in this layout; looks at names only.
        read: turns a folder that it recognises into a data set; the second argument is the
            frames per second that the user gave, or None. Raises `DatasetError`.
        on_disk: False for data that are made on the spot and need no folder, though they may look
            into it.
    """

    info: LayoutInfo
    recognises: Callable[[Path], bool]
    read: Callable[[Path, float | None], Dataset]
    on_disk: bool = True
