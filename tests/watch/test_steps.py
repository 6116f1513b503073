from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.watch.steps import Steps


def taken(rate: float | None, times: list[float]) -> dict[float, int]:
    steps = Steps(rate)
    found = {}
    for at in times:
        steps.see(at)
        assert steps.wants(at) or steps.take(at) is None
        step = steps.take(at)
        if step is not None:
            found[at] = step
    return found


def test_every_picture_where_no_rate_is_asked_for() -> None:
    assert list(taken(None, [5.0, 5.1, 9.0]).values()) == [0, 1, 2]


def test_a_stream_of_the_grids_own_rate() -> None:
    times = [100 + number / 10 for number in range(50)]
    assert list(taken(10, times).values()) == list(range(50))


def test_of_more_pictures_the_first_of_each_step() -> None:
    found = taken(10, [number / 25 for number in range(250)])
    assert list(found.values()) == list(range(100))
    assert max(abs(at - step / 10) for at, step in found.items()) <= 0.041


def test_pictures_that_come_a_little_early_or_late_lose_no_step() -> None:
    chance = np.random.default_rng(0)
    times = [number / 10 + chance.uniform(-0.025, 0.025) for number in range(200)]
    assert list(taken(10, times).values()) == list(range(200))


def test_a_slow_stream_leaves_steps_out() -> None:
    assert list(taken(10, [number / 5 for number in range(10)]).values()) == list(range(0, 20, 2))


def test_what_was_lost_is_left_out() -> None:
    times = [0.0, 0.1, 0.2, 1.5, 1.6]
    assert list(taken(10, times).values()) == [0, 1, 2, 15, 16]


@given(st.floats(1, 30), st.lists(st.floats(0, 2), max_size=100))
def test_steps_ascend_and_stand_near_their_times(rate: float, passed: list[float]) -> None:
    times = [1000 + float(at) for at in np.cumsum([0.0, *passed])]
    found = taken(rate, times)
    steps = list(found.values())
    assert steps == sorted(set(steps))
    for at, step in found.items():
        assert -0.51 <= (at - times[0]) * rate - step <= 1.001


@pytest.mark.parametrize("package", ["torch", "av"])
def test_the_grid_and_footage_on_it_need_no_decoder(package: str) -> None:
    code = f"import sys, awry.watch.steps; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
