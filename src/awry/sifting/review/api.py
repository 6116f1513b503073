"""The API of a review: all that its page does, as JSON, for programs too."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from awry.pages.refusals import RefusedError
from awry.sifting.review.bodies import (
    Marking,
    MomentBody,
    Moments,
    Nothing,
    Progress,
    RunBody,
    Said,
)
from awry.sifting.review.cards import key_of, state_of
from awry.sifting.review.descriptions import contradiction
from awry.sifting.review.listing import listing
from awry.sifting.review.log import FEEDBACK
from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.reviewing import (
    Reviewing,
    TheReview,
    Wanted,
    Words,
    outcome_of,
)

ROOT = "/api"
router = APIRouter(prefix=ROOT)


@router.get("/run")
def run_facts(review: TheReview) -> RunBody:
    """What is reviewed, and what is marked."""
    session = review.session
    abnormal, normal = session.counts
    moments = session.moments
    return RunBody(
        run=session.folder.resolve().name,
        clips=len(session.run.clips),
        frames=sum(len(clip.indices) for clip in session.run.clips),
        share=session.share,
        threshold=session.threshold,
        read_only=session.read_only,
        moments=len(moments),
        unmarked=sum(moment.label is None for moment in moments),
        abnormal=abnormal,
        normal=normal,
        to_learn=session.to_learn,
    )


@router.get("/moments")
def list_moments(review: TheReview, view: Wanted) -> Moments:
    """The moments of a view."""
    version = review.session.version  # before: what changes meanwhile is asked for again
    found = listing(review.session, view)
    return Moments(
        version=version,
        count=found.count,
        moments=[_moment(review, moment) for moment in found.moments],
    )


@router.post("/mark")
def mark(review: TheReview, words: Words, given: Marking) -> Said:
    """Say that a moment is abnormal or normal: all its frames."""
    session = review.session
    clips = session.run.clips
    there = given.clip < len(clips) and given.last < len(clips[given.clip].indices)
    if not (there and given.first <= given.place <= given.last):
        raise RefusedError(404, "The run has no such frames.")
    span = (given.clip, given.first, given.last, given.place)
    contradicts = session.mark(ReviewMoment(*span, score=0.0, rank=None), given.label)
    said = contradiction(given.label, words) if contradicts else ""
    return Said(said=said, version=session.version)


@router.post("/undo")
def undo(review: TheReview, words: Words, given: Nothing) -> Said:
    """Take the newest mark back."""
    session = review.session
    gone = session.undo()
    if gone is None:
        return Said(said="", version=session.version)
    clip, place = gone
    ranked = session.run.clips[clip]
    text = words.gettext("Took back what was said of frame %(frame)s of %(clip)s.")
    said = text % {"frame": ranked.indices[place], "clip": ranked.name}
    return Said(said=said, version=session.version, clip=clip, place=place)


@router.post("/learn")
def learn(review: TheReview, words: Words, given: Nothing) -> Progress:
    """Learn from the marks, in the background."""
    review.session.check_may_write()
    if not review.session.to_learn:
        raise RefusedError(409, "There is nothing to learn from: mark a moment first.")
    review.learning.begin()
    return progress(review, words)


@router.get("/progress")
def progress(review: TheReview, words: Words) -> Progress:
    """How far learning has come, and what has changed meanwhile."""
    learning = review.learning
    return Progress(
        version=review.session.version,
        running=learning.running,
        title=learning.title,
        detail=learning.detail,
        done=learning.done,
        total=learning.total,
        ended=learning.ended,
        outcome=outcome_of(learning, words),
        failed=bool(learning.problem),
    )


@router.get("/marks")
def marks(review: TheReview) -> Response:
    """The marks that count, a line of JSON each; `awry review --take-in` takes them."""
    headers: dict[str, Any] = {"content-disposition": f'attachment; filename="{FEEDBACK}"'}
    return Response(review.session.exported(), headers=headers, media_type="application/jsonl")


def _moment(review: Reviewing, moment: ReviewMoment) -> MomentBody:
    session, of = review.session, review.addresses.of
    clip = session.run.clips[moment.clip]
    return MomentBody(
        key=key_of(moment),
        state=state_of(session, moment, busy=review.learning.running),
        clip=moment.clip,
        source=clip.name,
        first=moment.first,
        last=moment.last,
        place=moment.place,
        frame=int(clip.indices[moment.place]),
        score=moment.score,
        rank=moment.rank,
        before=moment.before,
        label=moment.label,
        picture=of("frame", moment),
        heat=of("heat", moment, session.interactions),
        moving=of("clip", moment),
    )
