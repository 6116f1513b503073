"""What the rules of the contract are asked with: a fitted method, scores, and sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from awry.errors import ConfigError, FrameError
from awry.frames import FrameScore
from awry.methods.registry import registered
from awry.testing.case import (
    Case,
    frames,
    refused,
    require,
    require_alike,
    require_same,
    values,
)

from .conftest import Bright

SCORE = FrameScore(3, 0.3, 1.5, {"colour": 1.0})


def test_a_method_is_fitted_once_and_its_clip_scored_once() -> None:
    case = Case(Bright)
    with registered(Bright):
        assert case.detector is case.detector
        assert case.pushed(5) is case.pushed(5)
        assert [score.index for score in case.pushed(5)] == [0, 1, 2, 3, 4]
        np.testing.assert_allclose(values(case.batched)[:5], values(case.pushed(5)))
    assert (case.fitted[1] / "manifest.json").is_file()
    assert case.fitted[1].parent == case.folder


def test_the_clip_is_another_than_that_of_the_fit() -> None:
    clip = frames(3, (24, 36))
    assert [frame.index for frame in clip] == [0, 1, 2]
    assert clip[0].image.shape == (24, 36, 3)


def test_scores_as_an_array_have_nan_where_there_is_none() -> None:
    np.testing.assert_array_equal(values([SCORE, replace(SCORE, score=None)]), [1.5, np.nan])


def test_what_does_not_hold_is_said_by_the_sentence() -> None:
    require(True, "never said")
    require_same([1, np.nan], [1, np.nan], "never said")
    with pytest.raises(AssertionError, match=r"^it rains$"):
        require(False, "it rains")
    with pytest.raises(AssertionError, match=r"^it rains: .*Mismatched elements: 1 / 2"):
        require_same([1, 2], [1, 3], "it rains")
    require_same([1, 2], [1, 3], "never said", atol=1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parts": {}}, "frame 3 has other parts"),
        ({"map": np.zeros((2, 3), np.float32)}, "one map of 3 is missing"),
        ({"maps": {"colour": np.zeros((2, 3), np.float32)}}, "frame 3 has maps of other parts"),
    ],
)
def test_scores_of_another_kind_are_named(changes: dict[str, Any], said: str) -> None:
    require_alike([SCORE], [replace(SCORE, score=9.0)])
    with pytest.raises(AssertionError, match=said):
        require_alike([SCORE], [replace(SCORE, **changes)])


def _fine() -> None:
    pass


def _wrong_words() -> None:
    raise FrameError("Something else.")


def _wrong_error() -> None:
    raise ConfigError("It holds NaN.")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (_fine, "a NaN was not refused with FrameError"),
        (_wrong_words, "a NaN: expected 'holds NaN' in the message, found: Something else"),
        (_wrong_error, "a NaN: expected FrameError, got ConfigError"),
    ],
)
def test_what_is_not_refused_as_it_should_be_is_named(call: Callable[[], None], said: str) -> None:
    with refused(FrameError, "holds NaN", "a NaN"):
        raise FrameError("Frame 7 holds NaN.")
    with pytest.raises(AssertionError, match=said), refused(FrameError, "holds NaN", "a NaN"):
        call()
