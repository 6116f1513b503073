"""The page: a first view as HTML, and the parts of it that change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from awry.pages import Kit, Shell, language_of
from awry.sifting.review.api import run_facts
from awry.sifting.review.cards import card_of, key_of
from awry.sifting.review.listing import KINDS, Listing, View, listing
from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.reviewing import Reviewing, TheReview, Wanted, words_of

KIT = Kit([Path(__file__).parent])
"""Templates and files of the page."""
MOST_KEYS = 200
"""Cards in one answer."""
_NOTES = 3
_VIEW = TypeAdapter(View)
router = APIRouter()


@router.get("/")
def index(review: TheReview, request: Request) -> Response:
    """The page."""
    session = review.session
    session.reread()
    view = _view(request)
    found = listing(session, view)
    return KIT.page(
        "review.html",
        language_of(request.scope),
        shell=Shell(
            site=session.folder.resolve().name, level="read" if session.read_only else "feedback"
        ),
        notes=session.notes[:_NOTES],
        notes_left=max(0, len(session.notes) - _NOTES),
        version=session.version,
        ended=review.learning.ended,
        **_parts(review, request, view, found, found.moments),
    )


@router.get("/ui/parts")
def parts(
    review: TheReview,
    request: Request,
    view: Wanted,
    key: Annotated[list[str], Query(max_length=MOST_KEYS)] = [],  # noqa: B006
) -> Response:
    """What stands above and below the moments, and the cards of these keys."""
    wanted, found = set(key), listing(review.session, view)
    shown = [one for one in found.moments if key_of(one) in wanted]
    values = _parts(review, request, view, found, shown)
    return KIT.page("review_parts.html", language_of(request.scope), **values)


def _parts(
    review: Reviewing,
    request: Request,
    view: View,
    found: Listing,
    moments: list[ReviewMoment],
) -> dict[str, Any]:
    """What the parts of the page show.

    Args:
        review: that is served.
        request: that asks.
        view: what is looked at.
        found: its moments.
        moments: whose cards are wanted.
    """
    busy, words = review.learning.running, words_of(request)
    cards = [
        card_of(review.session, moment, review.addresses, words, busy=busy) for moment in moments
    ]
    return {
        "run": run_facts(review),
        "view": view,
        "kinds": KINDS,
        "listing": found,
        "cards": cards,
        "busy": busy,
        "heat": request.query_params.get("heat") == "1",
    }


def _view(request: Request) -> View:
    """As the address says; the usual one where it says something that there is not."""
    try:
        view = _VIEW.validate_python(dict(request.query_params))
    except ValidationError:
        return View()
    return view if view.most >= 1 and 0 <= view.share <= 1 else View()
