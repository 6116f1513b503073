"""A moment in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from awry.sifting.review.descriptions import change_of, describe
from awry.sifting.review.moments import ReviewMoment


def session(times: list[float], changes: object = None) -> Any:
    """A session of one clip whose frames were thinned to each second one."""
    clip = SimpleNamespace(indices=2 * np.arange(len(times)), times=np.array(times))
    return cast(Any, SimpleNamespace(run=SimpleNamespace(clips=[clip]), changes=changes))


def test_frames_and_times() -> None:
    timed, untimed = session([0.0, 0.2, 61.0]), session([np.nan] * 3)
    event, alone = ReviewMoment(0, 0, 2, 1, 0.5, 1), ReviewMoment(0, 1, 1, 1, 0.5, 1)
    assert describe(timed, event) == "frames 0\u20134, 0:00.0\u20131:01.0, shown: 0:00.2"
    assert describe(timed, alone) == "frame 2, 0:00.2"
    assert describe(untimed, event) == "frames 0\u20134, shown: 2"
    assert describe(untimed, alone) == "frame 2"


@pytest.mark.parametrize(
    ("rank", "before", "said"),
    [
        (1, 5, "\u2191 from 5 to 1"),
        (5, 1, "\u2193 from 1 to 5"),
        (2, 2, "still 2"),
        (2, None, "new"),
        (None, 3, "was 3"),
        (None, None, ""),
    ],
)
def test_how_a_rank_moved(rank: int | None, before: int | None, said: str) -> None:
    moment = ReviewMoment(0, 0, 0, 0, 0.5, rank, before=before)
    assert change_of(session([0.0], changes=object()), moment) == said
    assert change_of(session([0.0]), moment) == ""
