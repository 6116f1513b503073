from __future__ import annotations

from dataclasses import replace

import numpy as np

from awry.methods.attributes.config import PRESETS, AttributesConfig
from awry.methods.attributes.objects import ObjectTeachers
from awry.methods.attributes.samples import (
    Samples,
    describe,
    find_objects,
    frames_to_look_at,
    some_frames,
)
from awry.progress import Silent
from awry.training.footage import Run
from support import moving_square


def runs(count: int = 2, length: int = 20) -> list[Run]:
    return [Run(f"clip-{n}", "yard", 5, moving_square(length, n), fps=10.0) for n in range(count)]


def test_frames_have_room_and_are_evenly_spread() -> None:
    every = frames_to_look_at(runs(), [(3, 1), (1, 0)], 1000)
    assert [place for run, place in every if run == 0] == list(range(3, 19))
    assert [place for run, place in every if run == 1] == list(range(1, 20))
    few = frames_to_look_at(runs(), [(3, 1), (1, 0)], 3)
    assert few[0] == every[0]
    assert few[-1] == every[-1]
    assert len(few) == 3


def test_what_is_known_of_a_moving_square() -> None:
    config = AttributesConfig(**{**PRESETS["tiny"], "unit": "pixels"})
    teachers = ObjectTeachers(config)
    objects = find_objects(runs(), teachers, config, 100, None, None, Silent())
    found = describe(runs(), objects, teachers, config, Silent())
    assert len(found) == len(found.crops) == len(found.values["deep"]) > 10
    assert set(found.clips.tolist()) == {0, 1}
    # The run begins at its clip's frame 5; three frames of room come first.
    assert found.times.min() >= 0.8
    # Two pixels a frame, twenty a second, to the right or to the left.
    fastest = found.values["velocity"].max(1)
    assert 10 < np.median(fastest) < 30
    assert all(max(crop.shape[:2]) <= 64 for crop in found.crops)


def test_footage_of_unknown_rate_is_taken_for_ten_frames_a_second() -> None:
    config = AttributesConfig(**PRESETS["tiny"])
    teachers = ObjectTeachers(config)

    def times(some: list[Run]) -> list[float]:
        objects = find_objects(some, teachers, config, 100, None, None, Silent())
        return describe(some, objects, teachers, config, Silent()).times.tolist()

    assert times([replace(run, fps=None) for run in runs()]) == times(runs())


def test_ignored_objects_are_left_out() -> None:
    config = AttributesConfig(**PRESETS["tiny"])
    everything = np.ones((48, 72), bool)
    found = find_objects(runs(), ObjectTeachers(config), config, 100, everything, None, Silent())
    assert sum(len(objects.scores) for objects in found.objects) == 0


def test_a_bounded_number_is_kept() -> None:
    rows = np.arange(10, dtype=np.float32)
    crops = [np.full((1, 1, 3), n, np.uint8) for n in range(10)]
    samples = Samples({"deep": rows[:, None]}, np.arange(10), np.arange(10.0), crops, rows)
    few = samples.evenly(3)
    assert few.values["deep"][:, 0].tolist() == [0, 4, 9]
    assert [int(crop[0, 0, 0]) for crop in few.crops] == [0, 4, 9]
    assert samples.evenly(10) is samples


def test_no_more_frames_are_described_than_are_needed() -> None:
    config = AttributesConfig(**PRESETS["tiny"])
    teachers = ObjectTeachers(config)
    found = find_objects(runs(), teachers, config, 100, None, None, Silent())
    total = sum(len(objects.scores) for objects in found.objects)
    few = some_frames(found, total // 3)
    assert total // 4 <= sum(len(objects.scores) for objects in few.objects) <= total // 2
    assert (few.places[0], few.places[-1]) == (found.places[0], found.places[-1])
    assert some_frames(found, total) is found
