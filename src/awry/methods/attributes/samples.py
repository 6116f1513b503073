"""What is known of the objects of normal footage, and which of them are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import name_in_training
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.objects import (
    FramePictures,
    ObjectAttributes,
    ObjectTeachers,
    Place,
    Window,
)
from awry.progress import Reporter
from awry.teachers.objects.trust import ObjectTrust
from awry.training.believed import FoundObjects
from awry.training.footage import Run
from awry.video.pictures import Pictures

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Samples:
    """Objects of some footage, one row each.

    Attributes:
        values: attribute -> float32 (n, d).
        clips: int64 (n,), which clip each is from.
        times: float64 (n,), seconds within the clip.
        crops: uint8 (h, w, 3) RGB of each, at most `CROP` high and wide.
        boxes: float32 (n, 4), in pixels of the working size.
        names: of the clips, by number, as teachers know them.
    """

    values: dict[str, Rows]
    clips: NDArray[np.int64]
    times: NDArray[np.float64]
    crops: list[Pictures] = field(default_factory=list)
    boxes: Rows = field(default_factory=lambda: np.empty((0, 4), np.float32))
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.clips)

    def evenly(self, most: int) -> Samples:
        """At most so many of them, evenly spread."""
        if len(self) <= most:
            return self
        return self._taken(np.linspace(0, len(self) - 1, most).astype(int))

    def with_known(self, name: str) -> tuple[Samples, NDArray[np.bool_]]:
        """Those whose attribute is known, and which they are, bool (n,)."""
        known = np.asarray(np.isfinite(self.values[name]).all(1))
        return (self if known.all() else self._taken(np.flatnonzero(known))), known

    def _taken(self, chosen: NDArray[np.int64]) -> Samples:
        return Samples(
            {name: rows[chosen] for name, rows in self.values.items()},
            self.clips[chosen],
            self.times[chosen],
            [self.crops[number] for number in chosen] if self.crops else [],
            self.boxes[chosen],
            self.names,
        )


def frames_to_look_at(
    runs: Sequence[Run], rooms: Sequence[tuple[int, int]], most: int
) -> list[tuple[int, int]]:
    """Run and frame of at most so many frames, evenly spread.

    Args:
        runs: stretches of footage.
        rooms: for each the frames that must lie before and after a frame.
        most: how many; at least 1.
    """
    places = [
        (number, frame)
        for number, (run, room) in enumerate(zip(runs, rooms, strict=True))
        for frame in range(room[0], len(run.images) - room[1])
    ]
    if len(places) <= most:
        return places
    return [places[chosen] for chosen in np.linspace(0, len(places) - 1, most).astype(int)]


def find_objects(
    runs: Sequence[Run],
    teachers: ObjectTeachers,
    config: AttributesConfig,
    most: int,
    mask: NDArray[np.bool_] | None,
    trust: ObjectTrust | None,
    reporter: Reporter,
) -> FoundObjects:
    """The objects of the runs' frames.

    Args:
        runs: stretches of footage at the size that crops are cut from.
        teachers: who finds them.
        config: what is looked at.
        most: frames looked at, evenly spread.
        mask: bool (h, w), ignored pixels of the working size; None: there are none.
        trust: as `ObjectTeachers.found` takes it.
        reporter: shows progress.
    """
    places = frames_to_look_at(runs, [teachers.room(run.fps) for run in runs], most)
    reporter.start("detecting objects", len(places), 0)
    objects = []
    for number, frame in places:
        run = runs[number]
        window = _window(run, frame, teachers, config)
        objects.append(teachers.found(window, _place(run, frame), mask, trust, run.scene))
        reporter.advance({})
    return FoundObjects(places, objects)


def some_frames(found: FoundObjects, most: int) -> FoundObjects:
    """Frames, evenly spread, with about so many objects in all: more need not be described.

    Args:
        found: objects of some frames.
        most: a number of objects that is enough; frames come whole, and one at least.
    """
    total = sum(len(objects.scores) for objects in found.objects)
    if total <= most:
        return found
    count = -(-len(found.places) * most // total)
    chosen = np.linspace(0, len(found.places) - 1, count).astype(int)
    return FoundObjects(
        [found.places[number] for number in chosen], [found.objects[number] for number in chosen]
    )


def describe(
    runs: Sequence[Run],
    found: FoundObjects,
    teachers: ObjectTeachers,
    config: AttributesConfig,
    reporter: Reporter,
) -> Samples:
    """What is known of the objects that were found in the runs.

    Args:
        runs: as for `find_objects`.
        found: what it gave, or some of it.
        teachers: flow and classifier.
        config: what is looked at.
        reporter: shows progress.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(run.clip for run in runs))}
    reporter.start("looking at objects", len(found.places), 0)
    known: list[tuple[int, float, ObjectAttributes]] = []
    for (number, frame), objects in zip(found.places, found.objects, strict=True):
        run = runs[number]
        window = _window(run, frame, teachers, config)
        time_s = (run.first + frame) / config.rate(run.fps)
        known.append(
            (
                names[run.clip],
                time_s,
                teachers.observe(objects, window, _place(run, frame), config.seconds(run.fps)),
            )
        )
        reporter.advance({})
    return replace(_joined(known), names=tuple(map(name_in_training, names)))


def _place(run: Run, frame: int) -> Place:
    return Place(name_in_training(run.clip), (run.first + frame) * run.every, run.original_size)


def _window(run: Run, frame: int, teachers: ObjectTeachers, config: AttributesConfig) -> Window:
    def shown(place: int) -> FramePictures:
        return teachers.shown(run.images[place])

    around = config.around(run.fps)
    others = (frame - around, frame + around) if teachers.needs_neighbours else ()
    return Window(shown(frame), shown(frame - config.stride(run.fps)), *map(shown, others))


def _joined(found: Sequence[tuple[int, float, ObjectAttributes]]) -> Samples:
    names = dict.fromkeys(name for _, _, one in found for name in one.values)
    counts = [len(one) for _, _, one in found]
    return Samples(
        {name: np.concatenate([one.values[name] for _, _, one in found]) for name in names},
        np.repeat(np.array([clip for clip, _, _ in found], np.int64), counts),
        np.repeat(np.array([time_s for _, time_s, _ in found], np.float64), counts),
        list(_crops(found)),
        np.concatenate([one.boxes for _, _, one in found] or [np.empty((0, 4), np.float32)]),
    )


def _crops(found: Sequence[tuple[int, float, ObjectAttributes]]) -> Iterator[Pictures]:
    for _, _, one in found:
        yield from one.crops
