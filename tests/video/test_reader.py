from __future__ import annotations

import threading

import pytest

from awry.errors import SourceError
from awry.frames import Frame
from awry.video import Source
from awry.video.reader import Reader
from support import Camera


def indices(frames: list[Frame]) -> list[int]:
    return [frame.index for frame in frames]


def no_thread_left() -> bool:
    return not [one for one in threading.enumerate() if one.name.startswith("reader of")]


def test_every_frame_where_they_are_taken_in_time() -> None:
    taken = threading.Semaphore(0)
    steps = [step for n in range(20) for step in (n, lambda: taken.acquire(timeout=20))]
    camera = Camera(steps)
    reader = Reader(camera)
    found = []
    for frame in reader:
        found.append(frame)
        taken.release()
    assert isinstance(reader, Source)
    assert indices(found) == list(range(20))
    assert [frame.time_s for frame in found] == [n / 10 for n in range(20)]
    assert camera.health.ok
    assert no_thread_left()


def test_the_oldest_frames_are_dropped_and_counted() -> None:
    more, all_there = threading.Event(), threading.Event()
    camera = Camera([0, lambda: more.wait(20), *range(1, 30), all_there.set])
    reader = Reader(camera, keep=4)
    frames = iter(reader)
    found = [next(frames)]
    more.set()
    assert all_there.wait(20)
    found += frames
    assert indices(found) == [0, 26, 27, 28, 29]
    assert found[1].time_s == 2.6
    assert camera.health.skipped == 25
    assert not camera.health.ok
    assert reader.notes[0].startswith("Frames are skipped from frame 1 on")
    assert reader.notes[1].startswith("25 of 30 frames were skipped.")
    assert no_thread_left()


def test_a_source_that_is_not_live_waits() -> None:
    camera = Camera(list(range(100)))
    camera.is_live = False
    assert indices(list(Reader(camera, keep=2))) == list(range(100))
    assert camera.health.ok


def test_an_error_comes_after_the_frames_before_it() -> None:
    found = []
    with pytest.raises(SourceError, match="gone"):  # noqa: PT012
        for frame in Reader(Camera([0, 1], SourceError("gone"))):
            found.append(frame)
    assert indices(found) == [0, 1]
    assert no_thread_left()


@pytest.mark.parametrize("is_live", [True, False])
def test_closing_ends_the_thread_and_the_source(is_live: bool) -> None:
    camera = Camera(list(range(1000)))
    camera.is_live = is_live
    with Reader(camera, keep=2) as reader:
        assert next(iter(reader)).index >= 0
    assert camera.ended
    assert no_thread_left()


def test_nothing_there_yet_is_none_and_is_told_when_it_is() -> None:
    more, arrived = threading.Event(), threading.Event()
    frames = Reader(Camera([lambda: more.wait(20), 0]), arrived=arrived).ready()
    assert next(frames) is None
    assert not arrived.is_set()
    more.set()
    assert arrived.wait(20)
    assert indices([frame for frame in frames if frame is not None]) == [0]
