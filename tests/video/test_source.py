from __future__ import annotations

import numpy as np

from awry.video.memory import ArraySource
from awry.video.source import Source, SourceHealth


def test_remarks_are_no_faults() -> None:
    health = SourceHealth()
    health.remark("Frames were turned upright.")
    assert health.ok
    assert health.faults == []
    health.notes.append("A packet could not be decoded.")
    assert not health.ok
    assert health.faults == ["A packet could not be decoded."]
    assert health.notes[0] == "Frames were turned upright."


def test_lost_damaged_and_skipped_frames_are_faults() -> None:
    for health in (SourceHealth([3]), SourceHealth(lost=1), SourceHealth(skipped=1)):
        assert not health.ok


def test_arrays_are_a_source() -> None:
    assert isinstance(ArraySource(np.zeros((1, 4, 4, 3), np.uint8)), Source)
    assert not isinstance([], Source)
