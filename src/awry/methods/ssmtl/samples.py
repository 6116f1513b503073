"""What SSMTL trains on: the detected objects of normal footage, or its whole frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import name_in_training
from awry.errors import FootageError
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.sequences import cut, room_needed
from awry.methods.ssmtl.teachers import SSMTLTeachers
from awry.progress import Reporter
from awry.teachers.objects.base import view_of
from awry.training.believed import FoundObjects
from awry.training.footage import Run
from awry.video.pictures import Pictures, coloured, cut_out, grown

CLASSIFIED_AT_ONCE = 64
Floats = NDArray[np.float32]


def split_runs(runs: Sequence[Run], share: float) -> tuple[list[Run], list[Run]]:
    """The first part of each stretch of footage to train on, its end to validate (section 4.2)."""
    first, last = [], []
    for run in runs:
        bound = round(len(run.images) * (1 - share))
        first.append(replace(run, images=run.images[:bound]))
        last.append(replace(run, first=run.first + bound, images=run.images[bound:]))
    return [r for r in first if len(r.images)], [r for r in last if len(r.images)]


def middles(run: Run, room: int, every: int) -> range:
    """Frames of a run that have so many others on each side."""
    return range(room, len(run.images) - room, every)


class Pool(ABC):
    """Middle frames with all that can be cut around them.

    Attributes:
        places: int64 (n, 2), run and frame within it.
        targets: float32 (n, outputs), what the teachers say; (n, 0) without teachers.
    """

    def __init__(self, runs: Sequence[Run], places: NDArray[np.int64], targets: Floats) -> None:
        self.runs = list(runs)
        self.places = places
        self.targets = targets

    def __len__(self) -> int:
        return len(self.places)

    def room(self, number: int) -> tuple[int, int]:
        """Frames before and after the middle one that belong to the same run."""
        run, frame = self.places[number]
        return int(frame), len(self.runs[run].images) - 1 - int(frame)

    @abstractmethod
    def take(self, number: int, offsets: NDArray[np.int64]) -> Pictures:
        """The pictures at some frames around the middle one, uint8 (n, side, side, c)."""


class FramePool(Pool):
    """Whole frames, which the runs hold at the network's size already."""

    def take(self, number: int, offsets: NDArray[np.int64]) -> Pictures:
        """As `Pool.take`."""
        run, frame = self.places[number]
        return np.asarray(self.runs[run].images[frame + offsets])


class ObjectPool(Pool):
    """Detected objects.

    Cutting a box out of frames that are mapped from disk costs about a hundredth of a training
    step, so no crop is stored.

    Args:
        boxes: float32 (n, 4), in pixels of the runs' frames.
        side: of the crops.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        places: NDArray[np.int64],
        targets: Floats,
        boxes: Floats,
        side: int,
    ) -> None:
        super().__init__(runs, places, targets)
        self.boxes = boxes
        self.side = side

    def take(self, number: int, offsets: NDArray[np.int64]) -> Pictures:
        """As `Pool.take`."""
        run, frame = self.places[number]
        images = self.runs[run].images
        return cut([images[frame + offset] for offset in offsets], self.boxes[number], self.side)

    def middle(self, number: int) -> Pictures:
        """The middle picture at its own size, uint8 RGB (h, w, 3)."""
        run, frame = self.places[number]
        return cut_out(self.runs[run].images[frame], self.boxes[number])


def find_objects(
    runs: Sequence[Run],
    teachers: SSMTLTeachers,
    config: SSMTLConfig,
    every: int,
    reporter: Reporter,
    mask: NDArray[np.bool_] | None,
) -> FoundObjects:
    """Detect the objects of the runs' frames.

    Args:
        runs: frames at working size.
        teachers: detector and classifier.
        config: sizes and options.
        every: look at each n-th frame.
        reporter: shows progress.
        mask: bool (h, w), ignored pixels; objects that lie mostly there are left out.
    """
    room = room_needed(config.t, config.steps_between) * config.stride
    looks = [(r, f) for r, run in enumerate(runs) for f in middles(run, room, every)]
    around = config.t * config.stride
    reporter.start("detecting objects", len(looks), 0)
    found = []
    for number, frame in looks:
        run = runs[number]
        original = (run.first + frame) * run.every
        name = name_in_training(run.clip)
        view = view_of(run.images, frame, around, around, name, original, run.original_size)
        found.append(teachers.objects(view, mask))
        reporter.advance({})
    return FoundObjects(looks, found)


def object_pool(
    runs: Sequence[Run],
    found: FoundObjects,
    teachers: SSMTLTeachers,
    config: SSMTLConfig,
    reporter: Reporter,
) -> ObjectPool:
    """Objects to train on, with what the teachers say of them."""
    size = runs[0].images.shape[1:3] if runs else (1, 1)
    boxes = _joined([grown(one.boxes, config.margin, size) for one in found.objects], 4)
    pairs = zip(found.places, found.objects, strict=True)
    places = [place for place, one in pairs for _ in one.scores]
    targets = np.empty((len(boxes), 0), np.float32)
    if config.class_scores:
        targets = _joined([one.probabilities for one in found.objects], None)
    pool = ObjectPool(runs, np.array(places, np.int64).reshape(-1, 2), targets, boxes, config.crop)
    if teachers.classifier is not None:
        crops = (pool.middle(number) for number in range(len(pool)))
        classified = classify(crops, len(pool), teachers, reporter)
        pool.targets = np.concatenate([classified, pool.targets], 1)
    return pool


def _joined(parts: Sequence[Floats], columns: int | None) -> Floats:
    if not parts:
        return np.empty((0, columns or 0), np.float32)
    return np.concatenate(parts).astype(np.float32)


def classify(
    pictures: Iterator[Pictures], count: int, teachers: SSMTLTeachers, reporter: Reporter
) -> Floats:
    """The classifier's outputs for so many pictures, float32 (count, 1000)."""
    reporter.start("asking the classifier", count, 0)
    outputs, batch = [], []
    for number, picture in enumerate(pictures, 1):
        batch.append(picture)
        reporter.advance({})
        if len(batch) == CLASSIFIED_AT_ONCE or number == count:
            outputs.append(teachers.classify(batch))
            batch = []
    return _joined(outputs, None)


def whole_frames(
    runs: Sequence[Run], teachers: SSMTLTeachers, config: SSMTLConfig, reporter: Reporter
) -> FramePool:
    """Every frame of the runs that has enough others around it; runs at the network's size."""
    room = room_needed(config.t, config.steps_between) * config.stride
    places = [(r, f) for r, run in enumerate(runs) for f in middles(run, room, config.every)]
    targets = np.empty((len(places), 0), np.float32)
    if teachers.classifier is not None and "distillation" in config.tasks:
        pictures = (coloured(runs[r].images[f]) for r, f in places)
        targets = classify(pictures, len(places), teachers, reporter)
    return FramePool(runs, np.array(places, np.int64).reshape(-1, 2), targets)


def check(pool: Pool, what: str, why: Callable[[], str]) -> None:
    """Refuse an empty pool.

    Raises:
        FootageError: nothing to train on; `why` says what is known of the reason.
    """
    if not len(pool):
        raise FootageError(f"There is no {what} to train on: {why()}")
