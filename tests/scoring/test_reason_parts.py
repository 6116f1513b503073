"""Reasons taken apart: what `reasons` makes comes back whole."""

from __future__ import annotations

import pytest

from awry.frames import FrameScore, Region
from awry.scoring.calibration import Budget, SceneCalibration
from awry.scoring.reason_parts import PART_HIGHER, PLACES, ReasonParts, apart
from awry.scoring.reasons import Explainer, place_in_words, sentence

SIZE = (90, 90)
USUAL = SceneCalibration(1.0, 0.5, 2.0, (), (0, 1), 100, 4.0, Budget(2.0), "")


def test_every_place_is_known() -> None:
    boxes = [
        (x, y, x + w, y + h)
        for x in range(0, 90, 15)
        for y in range(0, 90, 15)
        for w in (9, 70, 89)
        for h in (9, 70, 89)
    ]
    assert {place_in_words(box, SIZE) for box in boxes} <= set(PLACES)


@pytest.mark.parametrize(
    ("score", "kind", "value"),
    [
        (3.0, "times", "2.0"),
        (4000.0, "times", "over 999"),
        (1.5, "share", "50"),
        (0.5, "none", ""),
    ],
)
def test_heights_come_back(score: float, kind: str, value: str) -> None:
    said = Explainer(USUAL, {"": "{it} moves fast"}.get)
    frame = FrameScore(9, 0.9, score, regions=(Region((1, 1, 9, 9), score, {}, "umbrella"),))
    assert apart(said.reason(frame, SIZE), ["dog", "umbrella"]) == ReasonParts(
        place="upper left",
        clause="{it} moves fast",
        class_name="umbrella",
        height=said.height_in_words(score),
        height_kind=kind,  # type: ignore[arg-type]
        height_value=value,
    )


@pytest.mark.parametrize(
    ("height", "kind", "value"),
    [
        ("2.0 times as far above normal as the alarm level", "times", "2.0"),
        ("50 % of the way from normal to the alarm level", "share", "50"),
    ],
)
def test_sentences_that_an_older_version_kept(height: str, kind: str, value: str) -> None:
    found = apart(f"Upper left: a dog moves fast; {height}.", ["dog"])
    assert (found.class_name, found.height_kind, found.height_value) == ("dog", kind, value)


def test_a_detector_without_a_threshold_counts_deviations() -> None:
    said = sentence("{it} moves", None, None, "", "-0.5 standard deviations above normal footage")
    found = apart(said)
    assert (found.clause, found.height_kind, found.height_value) == (
        "{it} moves",
        "deviations",
        "-0.5",
    )


def test_a_part_known_by_its_name_alone_and_who_says_so() -> None:
    found = apart("Middle: the part edge is higher than in normal footage (FLOW).")
    assert (found.clause, found.part, found.speaker) == (PART_HIGHER, "edge", "FLOW")


@pytest.mark.parametrize(
    "text", ["", "!", "Nowhere: to be found; at all.", "x" * 5000, "( (A", "; ; .", "<b>: <i>."]
)
def test_other_sentences_are_all_clause(text: str) -> None:
    found = apart(text, ["", "(", "dog"])
    assert (found.place, found.height_kind, found.class_name) == ("", "", "")
    assert found.clause.lower() == text.removesuffix(".").lower()
