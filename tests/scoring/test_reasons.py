from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from awry.frames import Event, FrameScore, Region
from awry.scoring.calibration import Budget, SceneCalibration
from awry.scoring.reasons import Explainer, place_in_words, since_in_words

SIZE = (90, 180)
USUAL = SceneCalibration(
    location=1.0, scale=0.5, threshold=2.0, map_thresholds=(4.0, 6.0), heat_range=(2.0, 10.0),
    frames=100, seconds=4.0, budget=Budget(2.0), how="",
    parts={"speed": (10.0, 2.0), "look": (0.1, 0.1)},
)  # fmt: skip
PHRASES = {
    "": "{it} is strange",
    "speed": "{it} runs",
    "look": "{it} looks odd",
    "scene": "the scene is odd",
}
EXPLAINER = Explainer(USUAL, PHRASES.get, ("whole",))
CORNER = Region((2, 2, 20, 20), 8.0, {"speed": 12.0, "look": 0.9}, "dog")


def test_a_sentence_says_where_what_since_when_and_how_far_above_normal() -> None:
    score = FrameScore(7, 0.7, 3.5, {"speed": 12.0, "look": 0.9}, None, (CORNER,))
    assert EXPLAINER.reason(score, SIZE, "00:00.5") == (
        "Upper left: a dog looks odd, since 00:00.5; 2.5 times as far above normal as the "
        "threshold."
    )
    unknown = replace(CORNER, class_name="")
    assert EXPLAINER.reason(replace(score, regions=(unknown,)), None).startswith(
        "Something looks odd; 2.5"
    )
    assert EXPLAINER.reason(replace(score, score=None), SIZE) == ""


def test_an_alarm_is_told_at_its_peak() -> None:
    event = Event("c", 310, 330, 12.4, 13.2, 320, 3.0, {"speed": 40.0}, (), 2.0, "")
    words = "omething runs, since 00:12.4; 2.0 times as far above normal as the threshold."
    assert EXPLAINER.reason_of_event(event, SIZE) == "S" + words
    assert "since frame 310;" in EXPLAINER.reason_of_event(replace(event, start_s=None), SIZE)
    there = replace(event, regions=(replace(CORNER, class_name="umbrella"),))
    assert EXPLAINER.reason_of_event(there, SIZE).startswith("Upper left: an umbrella looks odd,")


def test_the_part_is_named_that_stands_out_from_its_own_normal_level() -> None:
    def clause(parts: dict[str, float], explainer: Explainer = EXPLAINER) -> str:
        return explainer.reason(FrameScore(0, None, 3.0, parts), SIZE).partition(";")[0]

    assert clause({"speed": 12.0, "look": 0.15}) == "Something runs"
    assert clause({"speed": 9.0, "look": 0.15}) == "Something looks odd"
    assert clause({"speed": 9.0, "look": 0.05}) == "Something is strange"
    assert clause({"speed": 1.0, "unheard": 99.0, "whole": 99.0}) == "Something runs"
    # Without normal levels the largest.
    old = Explainer(replace(USUAL, parts={}), PHRASES.get)
    assert clause({"speed": 1.0, "look": 2.0}, old) == "Something looks odd"


def test_what_is_said_of_the_whole_picture_is_not_said_of_a_box() -> None:
    score = FrameScore(0, None, 3.0, {"scene": 9.0}, None, (replace(CORNER, parts={"speed": 1.0}),))
    usual = replace(USUAL, parts={"scene": (0.0, 1.0), "speed": (1.0, 1.0)})
    assert Explainer(usual, PHRASES.get).reason(score, SIZE).startswith("The scene is odd;")


def test_a_method_that_says_nothing_of_its_parts_is_told_by_their_names() -> None:
    silent = Explainer(replace(USUAL, parts={}), lambda part: None, ("whole",))
    words = silent.reason(FrameScore(0, None, 3.0, {"alpha": 1.0, "whole": 3.0}), SIZE)
    assert words.startswith("The part alpha is higher than in normal footage;")
    assert silent.reason(FrameScore(0, None, 3.0), SIZE).startswith("Something scores higher")


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.5, "no higher than normal footage"),
        (1.5, "50 % of the way from normal to the threshold"),
        (1.9999, "99 % of the way from normal to the threshold"),
        (2.0, "1.0 times as far above normal as the threshold"),
        (15.2, "14 times as far above normal as the threshold"),
        (1e9, "over 999 times as far above normal as the threshold"),
    ],
)
def test_heights_do_not_depend_on_the_scale_of_the_scores(score: float, words: str) -> None:
    assert EXPLAINER.height_in_words(score) == words
    shifted = replace(USUAL, location=-1.0, threshold=-0.9)
    assert Explainer(shifted, PHRASES.get).height_in_words((score - 1) / 10 - 1) == words


def test_a_threshold_below_normal_is_told_in_deviations() -> None:
    low = Explainer(replace(USUAL, threshold=0.5), PHRASES.get)
    assert low.height(3.0) is None
    assert low.height_in_words(3.0) == "4.0 standard deviations above normal footage"


def test_marks_are_drawn_where_the_score_is_and_one_for_each_object() -> None:
    inner = replace(CORNER, box=(4, 4, 10, 10), score=7.0)
    other = Region((100, 40, 120, 60), 5.0)
    weak = Region((60, 60, 70, 70), 2.5)
    score = FrameScore(0, None, 3.0, {}, None, (CORNER, inner, other, weak))
    marks = EXPLAINER.marks(score, SIZE)
    # The map's usual peak is 2: of the strongest's 6 above it the other has 3.
    assert [(mark.box, mark.words, mark.height) for mark in marks] == [
        (CORNER.box, "dog 2.0x", 2.0),
        (other.box, "1.0x", 1.0),
    ]
    assert not marks[0].faint


def test_a_normal_frame_has_no_marks_unless_a_place_must_be_shown() -> None:
    heat = np.zeros((9, 18), np.float32)
    heat[6:8, 1:3] = 1
    quiet = FrameScore(0, None, 1.2, {}, heat, (CORNER,))
    assert EXPLAINER.marks(quiet, SIZE) == ()
    (mark,) = EXPLAINER.marks(quiet, SIZE, always=True)
    assert mark.faint
    assert mark.height == pytest.approx(0.2)
    (place,) = EXPLAINER.marks(replace(quiet, regions=()), SIZE, always=True)
    assert place.box == (10, 60, 29, 79)
    assert EXPLAINER.marks(replace(quiet, regions=(), map=None), SIZE, always=True) == ()
    assert EXPLAINER.reason(replace(quiet, regions=()), SIZE).startswith("Lower left: something")


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 40, 10, 50), "left"),
        ((170, 80, 179, 89), "lower right"),
        ((85, 0, 95, 5), "upper middle"),
        ((0, 30, 179, 60), "middle"),
        ((0, 0, 20, 89), "left side"),
        ((80, 0, 100, 89), "middle"),
        ((-5, -5, 400, 400), "across the picture"),
    ],
)
def test_places(box: tuple[float, float, float, float], words: str) -> None:
    assert place_in_words(box, SIZE) == words


def test_when() -> None:
    assert since_in_words(3, 0.0) == "00:00.0"
    assert since_in_words(3, None) == "frame 3"


def test_of_several_systems_the_one_that_speaks_gives_the_reason() -> None:
    usual = replace(USUAL, parts={"a.speed": (0.0, 1.0), "b.look": (0.0, 1.0)})
    clauses = {"a.speed": "{it} is fast (A)", "b.look": "{it} is odd (B)"}
    parts = {"a.speed": 9.0, "b.look": 3.0, "b.evidence": 5.0}
    region = Region((1, 1, 9, 9), 3.0, parts, "dog")
    score = FrameScore(0, 0.0, 3.0, parts, regions=(region,))
    speaking = Explainer(usual, clauses.get, speaker=lambda parts: "b" if parts else "")
    assert "a dog is odd (B)" in speaking.reason(score, SIZE)
    assert speaking.marks(score, SIZE, always=True)[0].words.startswith("dog B")
    assert "is fast (A)" in Explainer(usual, clauses.get).reason(score, SIZE)
