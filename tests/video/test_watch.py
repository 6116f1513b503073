from __future__ import annotations

import numpy as np

from awry.frames import Frame
from awry.video.source import SourceHealth
from awry.video.watch import PictureWatch


def notes_of(pictures: list[np.ndarray], rate: float | None = 1.0) -> list[tuple[int, str]]:
    """What is noted, each with the frame at which it is."""
    health = SourceHealth()
    watch = PictureWatch(health)
    found = []
    for index, picture in enumerate(pictures):
        watch.see(Frame(index, None if rate is None else index / rate, picture))
        found += [(index, note) for note in health.notes[len(found) :]]
    return found


def picture(value: int = 0, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    return np.full((*size, 3), value, np.uint8)


def test_a_picture_that_stands_still_is_noted_once_and_when_it_moves_again() -> None:
    moving = [picture(n) for n in range(3)]
    dot = picture(9)
    dot[5, 7] = 10  # beside the grid that is looked at first
    assert notes_of([*moving, *[picture(9)] * 25, dot, *moving]) == [
        (13, "The picture stands still from frame 3 (3.0 s) on."),
        (28, "The picture moves again from frame 28 (28.0 s) on."),
    ]
    assert notes_of([*moving, *[picture(9)] * 10, *moving]) == []


def test_without_times_frames_are_counted() -> None:
    assert notes_of([picture()] * 250, rate=None) == []
    assert [index for index, _ in notes_of([picture()] * 300, rate=None)] == [250]


def test_a_size_that_changes_is_noted_each_time() -> None:
    small = picture(size=(20, 15))
    assert notes_of([picture(), small, small, picture()]) == [
        (1, "The picture's size changes from 30x20 to 15x20 from frame 1 (1.0 s) on."),
        (3, "The picture's size changes from 15x20 to 30x20 from frame 3 (3.0 s) on."),
    ]


def test_the_first_damaged_frame_is_noted() -> None:
    health = SourceHealth()
    watch = PictureWatch(health)
    for index in range(6):
        watch.see(Frame(index, None, picture(index), damaged=index in (2, 4)))
    assert health.notes == ["There are damaged pictures from frame 2 on."]
