"""Which frames a sequence joins, and how it is cut."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.sequences import (
    cut,
    intermittent,
    outer,
    regular,
    room_needed,
    to_input,
)

SEEDS = st.integers(0, 2**32 - 1)
STEPS = SSMTLConfig().steps_between


@given(st.integers(1, 4), SEEDS, st.integers(0, 30), st.integers(0, 30))
def test_an_intermittent_sequence_keeps_its_middle_and_skips_one_to_four_frames(
    t: int, seed: int, more_before: int, more_after: int
) -> None:
    room = room_needed(t, STEPS)
    before, after = room + more_before, room + more_after
    offsets = intermittent(t, STEPS, before, after, np.random.default_rng(seed))
    assert len(offsets) == 2 * t + 1
    assert offsets[t] == 0
    skipped = np.diff(offsets) - 1
    assert skipped.min() >= 1
    assert skipped.max() <= 4
    assert -before <= offsets[0]
    assert offsets[-1] <= after


@given(st.integers(1, 4), SEEDS)
def test_where_a_gap_is_a_step_no_sequence_is_all_consecutive(t: int, seed: int) -> None:
    steps = SSMTLConfig(gap_is_step=True).steps_between
    room = room_needed(t, steps)
    offsets = intermittent(t, steps, room, room, np.random.default_rng(seed))
    found = np.diff(offsets)
    assert found.min() >= 1
    assert 2 <= found.max() <= 4
    assert offsets[t] == 0


def test_a_step_that_never_fits_is_not_waited_for() -> None:
    steps = SSMTLConfig(gap_is_step=True, gaps=(1, 3)).steps_between
    room = room_needed(3, steps)
    assert room == 5
    assert np.diff(intermittent(3, steps, room, room, np.random.default_rng(0))).max() == 3


def test_every_gap_occurs_where_there_is_room() -> None:
    generator = np.random.default_rng(0)
    drawn = [intermittent(3, STEPS, 15, 15, generator) for _ in range(300)]
    assert set(np.diff(drawn).ravel().tolist()) == {2, 3, 4, 5}
    assert max(np.abs(drawn).ravel()) == 15


def test_without_room_nothing_is_made_up() -> None:
    with pytest.raises(ValueError, match="no room"):
        intermittent(3, STEPS, 5, 20, np.random.default_rng(0))


@given(st.integers(1, 4), SEEDS)
def test_the_reversed_sequence_is_the_exact_reverse(t: int, seed: int) -> None:
    frames = np.random.default_rng(seed).integers(0, 255, (20, 8, 8, 3), dtype=np.uint8)
    pictures = frames[10 + regular(t)]
    backward = to_input(pictures[None]).flip(2)
    assert torch.equal(backward, to_input(pictures[::-1].copy()[None]))
    assert torch.equal(backward[:, :, t], to_input(frames[10][None, None])[:, :, 0])


def test_steps_of_gaps() -> None:
    assert SSMTLConfig().steps_between == (2, 3, 4, 5)
    assert SSMTLConfig(gap_is_step=True).steps_between == (1, 2, 3, 4)


FRAMES = np.random.default_rng(0).integers(0, 255, (3, 40, 60, 3), dtype=np.uint8)


def test_a_cut_of_the_crops_own_size_is_the_picture_itself() -> None:
    found = cut(FRAMES, np.array([10, 5, 26, 21], np.float32), 16)
    np.testing.assert_array_equal(found, FRAMES[:, 5:21, 10:26])


@pytest.mark.parametrize(
    "box",
    [
        [-10, -10, 20, 20],
        [50, 30, 90, 90],
        [-40, -40, -10, -10],
        [100, 100, 140, 140],
        [10, 10, 10, 10],
        [0, 0, 60, 40],
        [3.5, 2.5, 4.1, 30.2],
    ],
)
@pytest.mark.parametrize("colours", [1, 3])
def test_boxes_at_the_border_or_outside_are_cut_to_the_picture(
    box: list[float], colours: int
) -> None:
    found = cut(list(FRAMES[..., :colours]), np.array(box, np.float32), 8)
    assert found.shape == (3, 8, 8, colours)
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    "box", [[-5, -5, 2, 2], [11.5, 11.5, 30, 30], [4, 4, 4, 4], [20, 0, 30, 5]]
)
def test_a_box_touches_at_least_one_pixel(box: list[float]) -> None:
    rows, columns = outer(np.array(box, np.float32), (12, 12))
    assert 0 <= rows.start < rows.stop <= 12
    assert 0 <= columns.start < columns.stop <= 12


def test_enlarging_and_reducing_keep_what_is_plain() -> None:
    plain = np.full((2, 40, 60, 1), 77, np.uint8)
    for box in ([0, 0, 4, 4], [0, 0, 60, 40]):
        assert (cut(plain, np.array(box, np.float32), 16) == 77).all()


def test_frames_of_a_cut_are_not_mixed() -> None:
    frames = np.stack([np.full((40, 60, 3), level, np.uint8) for level in (10, 20, 30)])
    for box in ([5, 5, 12, 12], [0, 0, 60, 40]):
        found = cut(frames, np.array(box, np.float32), 16)
        assert found[:, 0, 0, 0].tolist() == [10, 20, 30]
