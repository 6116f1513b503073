"""What all routes of a review share, and what they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations
from typing import Annotated

from fastapi import Depends, Query, Request

from awry.pages.words import language_of, translations
from awry.sifting.review.cards import Addresses
from awry.sifting.review.descriptions import learned
from awry.sifting.review.learning import Learning
from awry.sifting.review.listing import SHOWN, Kind, View
from awry.sifting.review.pictures import Pictures
from awry.sifting.review.session import ReviewSession


@dataclass(frozen=True, slots=True)
class Reviewing:
    """A review that is served.

    Attributes:
        session: what is shown and marked.
        learning: learns in the background.
        pictures: of its frames.
        addresses: where they are.
    """

    session: ReviewSession
    learning: Learning
    pictures: Pictures
    addresses: Addresses


def reviewing_of(request: Request) -> Reviewing:
    """The review of an application."""
    found: Reviewing = request.app.state.reviewing
    return found


def words_of(request: Request) -> NullTranslations:
    """The words of the language that whoever asks wants."""
    return translations(language_of(request.scope))


def view_of(
    show: Annotated[Kind, Query(description="Moments of this kind.")] = "all",
    most: Annotated[int, Query(ge=1, le=1_000_000, description="At most so many.")] = SHOWN,
    share: Annotated[
        float, Query(ge=0, le=1, description="Of the frames, from the top of the ranking.")
    ] = 0.0,
) -> View:
    """What is asked for in an address."""
    return View(show, most, share)


def outcome_of(learning: Learning, words: NullTranslations) -> str:
    """How the last retraining ended, a sentence; empty before one."""
    if learning.problem:
        return words.gettext("Nothing was learned. %(problem)s") % {"problem": learning.problem}
    return "" if learning.changes is None else learned(learning.changes, words)


TheReview = Annotated[Reviewing, Depends(reviewing_of)]
Words = Annotated[NullTranslations, Depends(words_of)]
Wanted = Annotated[View, Depends(view_of)]
