"""How long and how steadily boxes have been there."""

from __future__ import annotations

import numpy as np
import pytest

from awry.teachers.objects.lives import NEW, Lives

BOX = np.array([10, 10, 30, 50], np.float32)
NONE = np.empty((0, 4), np.float32)


def moved(step: float, *, by: float = 4.0) -> np.ndarray:
    """(1, 4), the box after so many frames."""
    return (BOX + np.array([by, 0, by, 0], np.float32) * step)[None]


def run(frames: list[np.ndarray], fps: float = 10.0) -> list[float]:
    """The steadiness of each frame's first box, NaN without one."""
    lives = Lives()
    values = [lives.follow(frame, number / fps).steadiness for number, frame in enumerate(frames)]
    return [float(value[0]) if len(value) else float("nan") for value in values]


def test_what_is_there_when_the_stream_begins_is_believed() -> None:
    assert run([moved(step) for step in range(5)]) == [1.0] * 5


@pytest.mark.parametrize("fps", [10.0, 25.0])
def test_a_box_that_appears_is_believed_after_a_third_of_a_second(fps: float) -> None:
    start = round(fps)
    values = run([NONE] * start + [moved(step) for step in range(start)], fps)[start:]
    assert values[0] == pytest.approx(NEW, abs=1e-4)
    assert values == sorted(values)
    assert values[round(0.3 * fps) - 1] < 1
    assert values[int(np.ceil(0.3 * fps))] == pytest.approx(1, abs=1e-4)


def test_a_box_that_flickers_stays_weak() -> None:
    frames = [moved(0) if step % 5 == 0 else NONE for step in range(41)]
    later = [value for value in run(frames)[10:] if value == value]
    assert max(later) < 0.5


def test_a_box_that_is_missed_every_other_time_is_whole() -> None:
    frames = [moved(step) if step % 2 == 0 else NONE for step in range(40)]
    assert min(value for value in run(frames)[10:] if value == value) > 0.9


def test_a_small_fast_thing_is_one_thing() -> None:
    """It moves by half of its longer side a frame, by more than its width."""
    frames = [NONE] + [moved(step, by=22) for step in range(8)]
    assert run(frames)[-1] == pytest.approx(1, abs=1e-4)


def test_two_things_that_cross_both_live_on() -> None:
    lives = Lives()
    for step in range(-10, 11):
        both = np.concatenate([moved(step), moved(-step)])
        values = lives.follow(both, (step + 10) / 10).steadiness
    assert values.tolist() == [1.0, 1.0]


def test_a_gap_in_the_stream_begins_it_anew() -> None:
    lives = Lives()
    lives.follow(NONE, 0.0)
    assert lives.follow(moved(0), 0.1).steadiness[0] < 0.6
    assert lives.follow(moved(0), 9.0).steadiness[0] == 1


def test_what_is_long_gone_is_new_when_it_returns() -> None:
    frames = [moved(0)] + [NONE] * 15 + [moved(0)]
    assert run(frames)[-1] == pytest.approx(NEW, abs=1e-4)


def test_what_leaves_its_first_place_moves() -> None:
    lives = Lives()
    still = np.array([[200, 50, 220, 90]], np.float32)
    found = []
    for step in range(20):
        still[0, 2] = 220 + 3 * step
        found.append(lives.follow(np.concatenate([moved(step), still]), step / 10).moved)
    assert found[0].tolist() == [0, 0]
    walker, growing = found[-1].tolist()
    assert walker == 1
    # A box that grows to one side is where it was.
    assert growing == 0
