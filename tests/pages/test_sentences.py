"""Sentences of awry in another language, by the texts of the catalogue."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, ValidationError

from awry.pages.sentences import LONGEST, PIECES, in_language
from awry.pages.words import entries
from awry.scoring.budget import UNITS, Budget
from awry.watch.site.units import duration
from english import english_in

HOWS = (
    "17 min of normal footage gave at most 1 alarm at this threshold or a higher one; the budget "
    "is 2 alarms an hour. With 95% confidence the right one lies between 0.2 and 0.4.",
    "Extrapolated: footage of 17 min cannot show 2 alarms a day, so its 12 highest moments were "
    "continued by a generalised Pareto tail of shape 0.13. It is 42 times too short to show one: "
    "a rough guess. With 95% confidence the right one lies between 0.21 and 0.55. The levels of 9 "
    "stretches of 3 clips have a standard deviation of 0.031; with 95% confidence another "
    "stretch's level lies below 0.4, so the threshold was raised from 0.36. 3 alarms above it were "
    "judged normal, and 2 alarms a day allows 1 in the 12.5 hours watched; it was raised from 0.4 "
    "to 0.45 and no higher, since an alarm of 0.46 was judged abnormal. The budget is not "
    "promised.",
    "From 24 hours of its own scores (day). 300 min of normal footage gave at most 0 alarms at "
    "this threshold or a higher one; the budget is 1 alarm a day. Lower ones, with over 5% of the "
    "frames above them, are not considered.",
)


def german(text: str) -> str:
    return in_language(text, "de")


@pytest.mark.parametrize(
    ("english", "wanted"),
    [
        ("", ""),
        ("There is no camera door.", "Es gibt keine Kamera door."),
        ("There is no camera Ereignisse 7.", "Es gibt keine Kamera Ereignisse 7."),
        (
            "Lost rtsp://10.0.0.1/live: nothing came for 10 seconds.",
            "Verbindung zu rtsp://10.0.0.1/live verloren: 10 Sekunden lang kam nichts.",
        ),
        (
            "The last fit failed: There is no footage in /films; name a folder of normal videos. "
            "It is tried again.",
            "Das letzte Lernen ist gescheitert: In /films gibt es keine Aufnahmen; nennen Sie "
            "einen Ordner mit normalen Videos. Es wird noch einmal versucht.",
        ),
        (
            "Footage is gathered: 40 % of 1.5 hours passed.",
            "Aufnahmen werden gesammelt: 40 % von 1,5 Stunden sind vorbei.",
        ),
        (
            "The newest picture is 61 s old. The camera's state is: back-off. "
            "The camera did not answer in time.",
            "Das neueste Bild ist 61 s alt. Der Zustand der Kamera ist: Verbindung verloren. "
            "Die Kamera hat nicht rechtzeitig geantwortet.",
        ),
        ("What nobody ever said.", "What nobody ever said."),
        (
            "What nobody ever said. There is no such event. Nor this.",
            "What nobody ever said. Ein solches Ereignis gibt es nicht. Nor this.",
        ),
    ],
)
def test_german(english: str, wanted: str) -> None:
    assert german(english) == wanted


def test_english_and_unknown_languages_stay() -> None:
    assert in_language("There is no such event.", "en") == "There is no such event."
    assert in_language("There is no such event.", "xx") == "There is no such event."


def test_names_are_not_translated() -> None:
    """A camera may be called as a page is."""
    assert entries("de")["Events"] == "Ereignisse"
    assert german("There is no camera Events.") == "Es gibt keine Kamera Events."


def test_what_is_filled_in_is_no_text_of_the_catalogue() -> None:
    said = german("There is no camera %(name)s \\1.")
    assert said == "Es gibt keine Kamera %(name)s \\1."


@pytest.mark.parametrize("text", ["a" * (LONGEST + 1), ". A" * 1000, "a: " * 1300, " " * LONGEST])
def test_odd_texts_stay(text: str) -> None:
    assert german(text) == text


@pytest.mark.parametrize("how", HOWS)
def test_how_a_threshold_came_about(how: str) -> None:
    said = german(how)
    assert english_in(said) == [], said
    assert "alarms" not in said


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("alarms", [1, 2.5])
def test_budgets(alarms: float, unit: str) -> None:
    words = german(f"Extrapolated: footage of 17 min cannot show {Budget(alarms, unit).words}")
    assert english_in(words) == []
    assert "Alarm" in words


@pytest.mark.parametrize("seconds", [1, 30, 60, 300, 3600, 5400, 172_800])
def test_durations(seconds: float) -> None:
    length = duration(seconds)
    said = german(f"Footage for another detector is gathered for {length}; then it is fitted.")
    assert not any(unit in said for unit in ("second", "minute", "hour", "day"))


def test_what_pydantic_says() -> None:
    class Wanted(BaseModel, extra="forbid"):
        above: float = Field(gt=0)
        least: int = Field(ge=1, le=9)
        name: str = Field(min_length=2, max_length=3)

    given = [
        {"above": 0, "least": 0, "name": "a"},
        {"above": "x", "least": "x", "name": "abcd"},
        {"above": 1, "least": 10, "name": 3, "more": 1},
        {},
    ]
    for one in given:
        with pytest.raises(ValidationError) as caught:
            Wanted.model_validate(one)
        listed = "; ".join(f"body.{it['loc'][0]}: {it['msg']}" for it in caught.value.errors()[:3])
        said = german(f"The request does not fit: {listed}.")
        assert english_in(said.replace("body.least", "").replace("body.more", "")) == [], said
        assert "body.above" in said or "body.least" in said


def test_every_piece_is_translated() -> None:
    words = entries("de")
    assert [one for one in PIECES if one not in words] == []
    assert len(set(PIECES)) == len(PIECES)
