from __future__ import annotations

from typing import Any

import numpy as np

from awry.evaluation.report.moments import moment, peaks_to_show
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.video.overlay import Mark

PICTURE = np.zeros((24, 36, 3), np.uint8)


def peak(score: float, index: int = 0, **more: Any) -> Peak:
    return Peak(index, score, None, PICTURE, **more)


def clip(name: str, *scores: float) -> ScoredClip:
    peaks = [peak(score) for score in scores]
    return ScoredClip(name, "yard", None, np.zeros(2), np.ones(2, bool), peaks=peaks)


def test_each_clip_keeps_its_strongest_peak_before_others_have_a_second() -> None:
    high, low, other = clip("high", 1.5, 0.5), clip("low", -7.5, -8.5), clip("other", 1.5, 0.5)
    kept = peaks_to_show([high, low, other], {"other": 1.0}, 4)
    assert [[peak.score for peak in peaks] for peaks in kept] == [[1.5, 0.5], [-7.5], [1.5]]
    assert peaks_to_show([high, low], {}, 1) == [[high.peaks[0]], []]


def test_boxes_of_a_moment_are_drawn_with_both_ends() -> None:
    shown = moment(peak(1.0, 1, marks=(Mark((1, 2, 10, 12), "dog", 2.0),)), 3, "missed",
                   np.array([0, 1], np.uint8))  # fmt: skip
    (box,) = shown["boxes"]
    assert (box["x"], box["y"], box["width"], box["height"]) == (1, 2, 10, 11)
    assert (box["faint"], box["words"]) == (False, "dog")
    assert (shown["id"], shown["width"], shown["height"]) == ("missed-3", 36, 24)
    assert (shown["truth"], shown["time"], shown["heat"]) == ("abnormal", None, None)
    assert moment(peak(1.0), 1, "clip")["truth"] is None


def test_true_boxes_stand_beside_those_that_were_found() -> None:
    shown = moment(peak(1.0, truth=[(0, 0, 3, 5)]), 1, "clip")
    assert shown["true_boxes"] == [{"x": 0, "y": 0, "width": 4, "height": 6}]
    assert shown["boxes"] == []


def test_what_a_method_shows_of_a_moment_stands_beside_it() -> None:
    beside = moment(peak(1.0, pictures={"object": PICTURE, "nearest": PICTURE}), 1, "clip")[
        "beside"
    ]
    assert [name for name, _ in beside] == ["object", "nearest"]
    assert all(uri.startswith("data:image/") for _, uri in beside)
    assert moment(peak(1.0), 1, "clip")["beside"] == []
