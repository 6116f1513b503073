from __future__ import annotations

import pytest

from awry.watch.web.pages.cards import card_of, silences
from event_bodies import an_event


@pytest.mark.parametrize(
    ("height", "language", "said"),
    [
        (2.34, "en", "2.3 times as far from normal as the threshold"),
        (18.2, "en", "18 times as far from normal as the threshold"),
        (5000.0, "en", "> 999 times as far from normal as the threshold"),
        (0.99, "en", "at the threshold"),
        (None, "en", "1.5 times the threshold"),
        (2.34, "de", "2,3-mal so weit vom Normalen wie die Schwelle"),
    ],
)
def test_how_high_a_score_is_stands_in_words(
    height: float | None, language: str, said: str
) -> None:
    assert card_of(an_event(height=height), language).height == said


def test_whether_somebody_was_told_is_said() -> None:
    assert card_of(an_event(), "en").told == "Alarm"
    said = {
        silent: card_of(an_event(told=False, silent=silent), "en").told for silent in silences("en")
    }
    assert said == silences("en")
    assert len(set(said.values())) == 6
    assert card_of(an_event(told=False, silent="news"), "en").told == "Not told"


def test_how_long_it_lasted_is_said() -> None:
    assert card_of(an_event(), "en").lasted == "14\u00a0s"
    assert card_of(an_event(end=225.0), "en").lasted == "2\u00a0min\u00a05\u00a0s"


def test_an_event_and_its_near_duplicates_have_the_key_of_the_oldest() -> None:
    first, second, third = (an_event(uid=uid) for uid in ("e3", "e2", "e1"))
    card = card_of(first, "en", [second, third])
    assert [one.uid for one in card.others] == ["e2", "e1"]
    assert (card.key, card_of(first, "en").key) == ("e1", "e3")
