"""Windows hold the frames that they should, and settings follow from the footage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from awry.errors import FootageError
from awry.methods.stacks import (
    ReconstructionConfig,
    StackConfig,
    Windows,
    nearest_multiple,
    settled_by,
    to_input,
)
from awry.training.footage import Run
from awry.training.loop import Step
from awry.training.scale import FootageScale


class Sixteenths(StackConfig):
    factor = 16


class Several(StackConfig):
    @property
    def multiples(self) -> tuple[int, ...]:
        return (1, 2)


def runs(*lengths: int) -> list[Run]:
    """Frames whose every pixel is their number, counted over all runs."""
    numbers = iter(range(sum(lengths)))
    found = []
    for length in lengths:
        images = np.zeros((length, 16, 16, 1), np.uint8)
        for image in images:
            image[:] = next(numbers)
        found.append(Run("a", "a", 0, images, 10.0))
    return found


def numbers(windows: Windows, places: Sequence[int]) -> list[list[int]]:
    return (windows.at(places)[:, :, 0, 0, 0] * 255).round().int().tolist()


def test_windows_never_cross_runs_and_take_every_strideth_frame() -> None:
    config = StackConfig(frames=3, stride=2, width=16, height=16)
    windows = Windows(runs(4, 6, 5), config)
    assert config.span == 5
    assert numbers(windows, range(len(windows))) == [[4, 6, 8], [5, 7, 9], [10, 12, 14]]
    assert windows.at([0]).shape == (1, 3, 1, 16, 16)
    assert windows.spread(2) == [0, 2]


def test_several_strides_are_learned_from() -> None:
    windows = Windows(runs(4), Several(frames=2, width=16, height=16))
    assert numbers(windows, range(len(windows))) == [[0, 1], [1, 2], [2, 3], [0, 2], [1, 3]]


def test_draws_depend_on_the_generator_alone() -> None:
    windows = Windows(runs(40), StackConfig(frames=2, width=16, height=16, batch=3))
    one, other = (windows.draw(Step(0, 0, np.random.default_rng(7))) for _ in range(2))
    assert one.shape[0] == 3
    assert one.equal(other)
    assert windows.steps == 13


def test_footage_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(FootageError, match="the 5 consecutive frames"):
        Windows(runs(4, 4), StackConfig(frames=5, width=16, height=16))


def test_pictures_become_shares_with_channels_first() -> None:
    images = np.zeros((2, 3, 4, 3), np.uint8)
    images[1, 2, 3] = (255, 0, 51)
    tensor = to_input(torch.from_numpy(images))
    assert tensor.shape == (2, 3, 3, 4)
    assert tensor[1, :, 2, 3].tolist() == pytest.approx([1.0, 0.0, 0.2])


def test_the_judged_frame_is_the_last_or_the_middle_one() -> None:
    assert StackConfig(frames=4).place == 3
    last, middle = (ReconstructionConfig(frames=10, judged=name) for name in ("last", "middle"))
    assert (last.place, middle.place, middle.answer) == (9, 5, 5)


def test_settings_follow_from_objects_and_rate() -> None:
    scale = FootageScale(20.0, 20.0, 30.0, 25.0, True, (480, 640), 9)
    chosen = settled_by(Sixteenths(height=0, stride=0), scale)
    # 12 pixels of an object that has 20 of 480: a height of 256 at most; 0.1 s are 2.5 frames.
    assert chosen == {"height": 256, "stride": 2, "box": 11}
    kept = settled_by(Sixteenths(height=64, stride=3, box=5), scale)
    assert kept == {"height": 64, "stride": 3, "box": 5}
    unknown = FootageScale(None, None, None, 10.0, False, (480, 640), 0)
    assert settled_by(Sixteenths(height=0, stride=0), unknown)["height"] == 128


def test_sides_are_held_to_the_factor() -> None:
    with pytest.raises(ValidationError, match="multiples of 16"):
        Sixteenths(height=40)
    assert nearest_multiple(100, 16) == 96
