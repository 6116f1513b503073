from __future__ import annotations

import numpy as np
import pytest

from awry.frames import FrameScore
from awry.scoring.fill import fill_unscored, filled_parts


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
