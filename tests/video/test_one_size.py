from __future__ import annotations

import numpy as np

from awry.frames import Frame
from awry.video.one_size import OneSize
from awry.video.source import SourceHealth


def _frame(index: int, height: int = 4, damaged: bool = False) -> Frame:
    return Frame(index, index / 10, np.zeros((height, 6, 3), np.uint8), damaged)


def test_frames_of_another_size_count_as_lost_and_are_noted(fake_source) -> None:
    frames = [_frame(0), _frame(1, 8), _frame(2, damaged=True), _frame(4, 8, True), _frame(5)]
    health = SourceHealth(damaged=[2, 4], lost=1)
    source = OneSize(fake_source(frames, health=health))
    assert [frame.index for frame in source] == [0, 2, 5]
    assert source.health.lost == 3
    assert source.health.damaged == [2]
    assert source.health.notes == [
        "Frames of another size than the first (6x4) were left out: 2, the first of them frame 1."
    ]
    # Again from the start, and the source's own health stays.
    assert [frame.index for frame in source] == [0, 2, 5]
    assert source.health.lost == 3
    assert health.lost == 1


def test_one_size_alone_changes_nothing(fake_source) -> None:
    source = OneSize(fake_source([_frame(0), _frame(1)]))
    assert len(list(source)) == 2
    assert source.health.ok
    assert (source.name, source.fps) == ("fake", 10.0)
