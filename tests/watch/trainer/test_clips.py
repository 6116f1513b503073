"""Footage at one rate and in one size."""

from __future__ import annotations

import numpy as np
import pytest

from awry.training.footage import content_key
from awry.video.memory import ArraySource
from awry.watch.trainer.clips import OnGrid, grid_of


def source(count: int, fps: float | None, size: tuple[int, int] = (20, 40)) -> ArraySource:
    images = np.zeros((count, *size, 3), np.uint8)
    images += np.arange(count, dtype=np.uint8)[:, None, None, None]
    return ArraySource(images, fps=fps)


def taken(fps: float | None, rate: float, count: int = 12) -> list[tuple[int, int]]:
    """Step and frame of each that is taken."""
    grid = OnGrid(source(count, fps), rate, (20, 40))
    return [(frame.index, int(frame.image[0, 0, 0])) for frame in grid]


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (10.0, [(step, step) for step in range(12)]),
        (5.0, [(2 * step, step) for step in range(12)]),
        (None, [(step, step) for step in range(12)]),
    ],
)
def test_a_frame_of_each_step_is_taken(fps: float | None, expected: list[tuple[int, int]]) -> None:
    assert taken(fps, 10.0) == expected


@pytest.mark.parametrize("fps", [20.0, 25.0, 30.0])
def test_a_faster_source_is_thinned_to_the_rate(fps: float) -> None:
    found = taken(fps, 10.0, round(2 * fps) + 1)
    assert [step for step, _ in found] == list(range(21))
    assert all(abs(frame / fps - step / 10) < 0.051 for step, frame in found)


def test_steps_without_a_frame_are_lost_ones() -> None:
    grid = OnGrid(source(4, 5.0), 10.0, (20, 40))
    frames = list(grid)
    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert grid.health.lost == 3
    assert grid.fps == 10.0


def test_larger_pictures_of_the_same_shape_are_brought_down() -> None:
    sizes = {(20, 40): (10, 20), (10, 20): (10, 20), (4, 8): (4, 8), (20, 20): (20, 20)}
    for size, expected in sizes.items():
        (frame,) = OnGrid(source(1, 10.0, size), 10.0, (10, 20))
        assert frame.image.shape[:2] == expected


def test_reading_can_be_ended() -> None:
    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(OnGrid(source(4, 5.0), 10.0, (20, 40), check))


def test_a_cache_tells_rates_and_sizes_apart() -> None:
    same = source(4, 10.0)
    keys = {content_key(OnGrid(same, rate, size))
            for rate, size in ((10.0, (20, 40)), (5.0, (20, 40)), (10.0, (10, 20)))}  # fmt: skip
    assert len(keys) == 3
    assert content_key(OnGrid(same, 5.0, (20, 40))) in keys


@pytest.mark.parametrize(
    ("fps", "rate"), [(25.0, 10.0), (12.5, 12.5), (13.5, 10.0), (5.0, 5.0), (None, 10.0)]
)
def test_a_slow_source_has_its_own_rate(fps: float | None, rate: float) -> None:
    assert grid_of(source(2, fps), rate=10.0, longest=100) == (rate, (20, 40))


def test_a_large_source_is_made_smaller() -> None:
    assert grid_of(source(1, 10.0, (30, 60)), rate=10.0, longest=40)[1] == (20, 40)
