from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.sifting.review.log import FeedbackMark, Label
from awry.sifting.review.positions import place_of, placed_marks, places_of, refusal
from awry.sifting.run import RankedClip, SiftedRun


def clip(name: str, indices: list[int]) -> RankedClip:
    values = np.zeros(len(indices))
    return RankedClip(name, "*", None, np.array(indices, np.int64), values, values, {})


# Each third frame was sifted, and one was lost.
RUN = SiftedRun(Path("run"), {}, (clip("a", [0, 3, 6, 12]), clip("b", [0, 3, 6, 9, 12])))


def mark(source: str, frame: int, label: Label, first: int, last: int) -> FeedbackMark:
    return FeedbackMark(source, frame, label, "", first, last)


@pytest.mark.parametrize(("frame", "place"), [(0, 0), (6, 2), (9, None), (12, 3), (15, None)])
def test_frames_as_filmed_and_places_in_the_arrays(frame: int, place: int | None) -> None:
    assert place_of(RUN.clips[0], frame) == place
    sentence = refusal(RUN, "a", frame)
    assert (sentence is None) == (place is not None)


def test_the_newest_of_overlapping_marks_counts() -> None:
    marks = [
        mark("b", 3, "normal", 1, 8),
        mark("b", 6, "abnormal", 6, 30),
        mark("a", 9, "normal", 0, 12),  # its frame was lost
        mark("c", 0, "normal", 0, 0),
    ]
    placed = list(placed_marks(RUN.clips, marks))
    assert [(m.clip, m.first, m.last, m.place) for m in placed] == [(1, 1, 2, 1), (1, 2, 4, 2)]
    by_frame = {(m.source, m.frame): m for m in marks}
    assert places_of(RUN, by_frame) == {5: False, 6: True, 7: True, 8: True}
    assert "no clip c" in str(refusal(RUN, "c", 0))
