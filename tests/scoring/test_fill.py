from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.frames import FrameScore
from awry.scoring.fill import NearestFiller, ScoreFiller, fill_unscored, filled_parts


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None, None, 1.0, 2.0, None], [1, 1, 1, 2, 2]),
        ([1.0, None, None, 4.0], [1, 1, 4, 4]),
        ([1.0, None, 3.0], [1, 1, 3]),
        ([5.0], [5]),
        ([None, None], [0, 0]),
        ([], []),
    ],
)
def test_unscored_frames_take_the_nearest_score(
    given: list[float | None], expected: list[float]
) -> None:
    filled, scored = fill_unscored(given)
    assert filled.tolist() == expected
    assert filled.dtype == np.float64
    assert scored.tolist() == [score is not None for score in given]


def test_parts_that_some_frames_lack_are_filled_too() -> None:
    scores = [
        FrameScore(0, None, None),
        FrameScore(1, None, 1.0, {"latent": 1.0}),
        FrameScore(2, None, 2.0, {"latent": 2.0, "prediction": 5.0}),
    ]
    found = filled_parts(scores)
    assert {name: values.tolist() for name, values in found.items()} == {
        "latent": [1, 1, 2],
        "prediction": [5, 5, 5],
    }


VALUES = st.lists(st.one_of(st.none(), st.integers(-9, 9).map(float)), max_size=40)


@given(VALUES)
def test_a_stream_is_filled_as_the_clip_is(values: list[float | None]) -> None:
    filler, found = NearestFiller(), []
    for count, value in enumerate(values, 1):
        found += filler.push(value)
        assert value is None or len(found) == count  # a scored frame waits for nothing
    assert [*found, *filler.flush()] == fill_unscored(values)[0].tolist()


@given(VALUES, st.data())
def test_parts_of_a_stream_are_filled_as_the_clips_are(
    values: list[float | None], data: st.DataObject
) -> None:
    """Every scored frame has both parts, one of which some frames lack."""
    scores, began = [], False
    for index, value in enumerate(values):
        parts = {}
        if value is not None:
            parts = {"latent": -value}
            if not began or data.draw(st.booleans()):
                parts["extra"] = 2 * value
            began = True
        scores.append(FrameScore(index, None, value, parts))
    filler = ScoreFiller()
    found = [one for score in scores for one in filler.push(score)] + filler.flush()
    filled, scored = fill_unscored(values)
    assert [one.frame for one in found] == scores
    assert [one.value for one in found] == filled.tolist()
    assert [one.scored for one in found] == scored.tolist()
    for name, series in filled_parts(scores).items():
        assert [one.parts[name] for one in found] == series.tolist()


def test_unscored_frames_wait_no_longer_than_they_must() -> None:
    filler = NearestFiller()
    assert filler.push(1.0) == [1.0]
    given_at_once = [filler.push(None) for _ in range(6)]
    assert given_at_once == [[1.0], [], [1.0], [], [1.0], []]
    assert filler.push(9.0) == [9.0, 9.0, 9.0, 9.0]


def test_a_part_that_comes_late_is_missing_before() -> None:
    filler = ScoreFiller()
    first = filler.push(FrameScore(0, None, 1.0, {"latent": 1.0}))
    second = filler.push(FrameScore(1, None, 2.0, {"latent": 2.0, "prediction": 5.0}))
    assert [one.parts for one in (*first, *second)] == [
        {"latent": 1.0},
        {"latent": 2.0, "prediction": 5.0},
    ]
