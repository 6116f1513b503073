from __future__ import annotations

from typing import Any

import numpy as np

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.samples import FramePool, middles, split_runs
from awry.methods.ssmtl.sequences import room_needed
from support import noise_run

SMALL: dict[str, Any] = {"side": 16, "frame_side": 16, "depth": "shallow", "width": "narrow"}
CONFIG = SSMTLConfig(**SMALL)


def test_whole_frames_are_taken_around_their_middle() -> None:
    run = noise_run(30, size=(16, 16))
    frames = FramePool([run], np.array([[0, 10]]), np.empty((1, 0), np.float32))
    np.testing.assert_array_equal(frames.take(0, np.arange(-3, 4)), run.images[7:14])
    assert frames.room(0) == (10, 19)


def test_runs_are_split_in_time() -> None:
    run = noise_run(100)
    first, last = split_runs([run], 0.15)
    assert len(first[0].images) == 85
    assert len(last[0].images) == 15
    assert last[0].first == run.first + 85
    np.testing.assert_array_equal(last[0].images[0], run.images[85])


def test_no_sequence_crosses_the_split() -> None:
    room = room_needed(3, CONFIG.steps_between)
    assert list(middles(noise_run(40), room, 1)) == list(range(6, 34))
    assert list(middles(noise_run(12), room, 1)) == []
    assert list(middles(noise_run(40), room, 10)) == [6, 16, 26]
