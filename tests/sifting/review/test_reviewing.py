"""What all routes of a review share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from awry.pages.words import translations
from awry.sifting.review.learning import Learning
from awry.sifting.review.listing import SHOWN
from awry.sifting.review.reviewing import outcome_of, view_of


def learning(**what: Any) -> Learning:
    return cast("Learning", SimpleNamespace(**{"problem": "", "changes": None, **what}))


def test_before_learning_there_is_nothing_to_say() -> None:
    assert outcome_of(learning(), translations("en")) == ""


def test_a_failure_is_said_in_the_page_s_language() -> None:
    failed = learning(problem="The disk is full.")
    assert outcome_of(failed, translations("en")) == "Nothing was learned. The disk is full."
    assert outcome_of(failed, translations("de")).endswith("The disk is full.")
    assert not outcome_of(failed, translations("de")).startswith("Nothing")


def test_an_address_that_asks_for_nothing_shows_all() -> None:
    view = view_of()
    assert (view.show, view.most, view.share) == ("all", SHOWN, 0.0)
