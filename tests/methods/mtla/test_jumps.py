"""A frame jump needs support beside a large flow."""

from __future__ import annotations

import numpy as np

from awry.frames import Frame
from awry.methods.mtla.jumps import Jumps


def frame(index: int, time_s: float | None, seed: int | None = None) -> Frame:
    random = np.random.default_rng(index if seed is None else seed)
    return Frame(index, time_s, random.integers(0, 255, (8, 8, 3), dtype=np.uint8))


def play(frames: list[Frame], flows: list[float]) -> list[float]:
    jumps = Jumps(usual_flow=1.0)
    found = []
    for place, (one, flow) in enumerate(zip(frames, flows, strict=True)):
        errors = np.full((2, 2), float(place), np.float32)
        found.append(float(jumps.settled(one, flow, errors)[0, 0]))
    return found


def test_a_panic_is_no_jump() -> None:
    frames = [frame(n, n / 10) for n in range(6)]
    assert play(frames, [0, 0, 9, 9, 9, 0]) == [0, 1, 2, 3, 4, 5]


def test_a_gap_in_time_with_a_large_flow_keeps_what_was_before() -> None:
    times = [0.0, 0.1, 0.2, 0.9, 1.0]
    frames = [frame(n, time) for n, time in enumerate(times)]
    assert play(frames, [0, 0, 0, 9, 0]) == [0, 1, 2, 2, 4]


def test_a_gap_without_a_large_flow_is_no_jump() -> None:
    times = [0.0, 0.1, 0.2, 0.9, 1.0]
    frames = [frame(n, time) for n, time in enumerate(times)]
    assert play(frames, [0, 0, 0, 0.5, 0]) == [0, 1, 2, 3, 4]


def test_a_repeated_frame_supports_the_jump_after_it() -> None:
    frames = [frame(0, 0.0), frame(1, 0.1), frame(2, 0.2, seed=1), frame(3, 0.3), frame(4, 0.4)]
    assert play(frames, [0, 0, 0, 9, 0]) == [0, 1, 2, 2, 4]


def test_thinned_footage_is_no_gap() -> None:
    frames = [frame(n, n / 10) for n in range(0, 12, 2)]
    assert play(frames, [0, 0, 9, 9, 9, 0]) == [0, 1, 2, 3, 4, 5]


def test_a_missing_frame_number_supports_it_where_there_are_no_times() -> None:
    frames = [frame(n, None) for n in (0, 1, 2, 7, 8)]
    assert play(frames, [0, 0, 0, 9, 0]) == [0, 1, 2, 2, 4]
