"""A moment in words."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from awry.pages.words import translations
from awry.sifting.review.descriptions import (
    change_of,
    contradiction,
    describe,
    learned,
)
from awry.sifting.review.moments import RankChanges, ReviewMoment


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


def test_what_learning_changed() -> None:
    changes = RankChanges(1, rose=1, fell=1, stayed=0, new=1, gone=0)
    assert learned(changes) == "Learned from 1 mark. Moments: 1 rose, 1 fell, 1 new at the top."
    assert learned(replace(changes, marks=2, rose=0, fell=0, new=0, gone=2)) == (
        "Learned from 2 marks. Moments: 2 gone from the top."
    )
    assert learned(RankChanges(2, 0, 0, 0, 0, 0)) == (
        "Learned from 2 marks. Moments: none stands out."
    )


def test_a_moment_in_german() -> None:
    german = translations("de")
    event = ReviewMoment(0, 0, 2, 1, 0.5, 1, before=3)
    timed = session([0.0, 0.2, 61.0], changes=object())
    assert describe(timed, event, german) == "Bilder 0\u20134, 0:00.0\u20131:01.0, gezeigt: 0:00.2"
    assert change_of(timed, event, german) == "\u2191 von 3 auf 1"
    assert "vorher als normal" in contradiction("abnormal", german)
    assert contradiction("normal").endswith("now it is normal.")
    changes = RankChanges(1, rose=1, fell=0, stayed=0, new=0, gone=0)
    assert learned(changes, german) == "Aus 1 Urteil gelernt. Momente: 1 gestiegen."
