from __future__ import annotations

from typing import Any

import pytest

from awry.evaluation.declaration import (
    UNKNOWN,
    VARIANTS,
    declared,
    future_seen,
    smoothing_words,
    time_notes,
    variant_words,
)
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting


class Late(Scorer):
    """Declares a filter and a look-ahead."""

    lookahead = 5
    warmup = 2
    smoothing = "mean over 11 frames, 5 of them later"

    def _push(self, frame: Frame) -> list[FrameScore]:
        return []


class Plain(Scorer):
    """Declares nothing."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        return []


def test_what_a_scorer_declares_is_recorded() -> None:
    assert declared(Late(Setting(fps=10.0))) == {
        "smoothing_inside": "mean over 11 frames, 5 of them later",
        "lookahead_frames": 5,
        "lookahead_s": 0.5,
        "warmup_frames": 2,
        "causal": False,
    }
    assert declared(Late(Setting()))["lookahead_s"] is None
    plain = declared(Plain(Setting()))
    assert (plain["smoothing_inside"], plain["lookahead_s"], plain["causal"]) == ("none", 0, True)
    assert time_notes(plain) == []
    assert time_notes(declared(Late(Setting(fps=10.0)))) == [
        "Smoothed inside the scorer: mean over 11 frames, 5 of them later.",
        "A score sees 0.5 s of the future.",
    ]


def test_no_row_says_smoothing_none_of_smoothed_scores() -> None:
    assert smoothing_words("none") == "none"
    assert smoothing_words("a mean") == "inside the scorer: a mean; afterwards: none"
    for name, words in VARIANTS.items():
        assert variant_words(name, "none") == words
        assert "smoothing none" not in variant_words(name, "a mean")
        assert "smoothing inside the scorer (a mean), afterwards " in variant_words(name, "a mean")


@pytest.mark.parametrize(
    ("settings", "fps", "expected"),
    [
        (Plain, [10.0], ["none", "3.2 s", "none", "the whole clip"]),
        (Late, [10.0, 20.0], ["0.5 s", "3.7 s", "0.5 s", "the whole clip"]),
        (Late, [10.0, None], ["0.5 s", "37 frames", "0.5 s", "the whole clip"]),
        (None, [10.0], [UNKNOWN] * 4),
    ],
)
def test_every_row_says_how_much_of_the_future_it_saw(
    settings: Any, fps: list[float | None], expected: list[str]
) -> None:
    about = declared(settings(Setting(fps=10.0))) if settings else {}
    found = future_seen(["none", "offline", "causal", "clip"], about, fps)
    assert list(found.values()) == expected


def test_a_window_of_200_frames_that_looks_ahead_sees_199_of_them() -> None:
    about, row = declared(Late(Setting(fps=10.0))), "window_ahead_unscored_dropped"
    assert future_seen([row], about, [10.0])[row] == "20.4 s"
    assert future_seen([row], about, [None])[row] == "204 frames"


def test_a_transductive_ranking_saw_everything() -> None:
    found = future_seen(["none", "causal"], {"transductive": True}, [10.0])
    assert set(found.values()) == {"all of it: it learned from these frames"}
