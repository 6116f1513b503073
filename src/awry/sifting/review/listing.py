"""Which moments are shown: of a kind, the first so many, down to a share of the frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.session import ReviewSession

Kind = Literal["all", "unmarked", "borderline", "abnormal", "normal"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHOWN = 24
"""Moments at first, and with each wish for more."""
_WIDER = 2.0
"""How many times as many frames are looked at with each wish for more below the top share."""
_FITS: dict[Kind, Callable[[ReviewMoment], bool]] = {
    "all": lambda moment: True,
    "unmarked": lambda moment: moment.label is None,
    "borderline": lambda moment: moment.label is None,
    "abnormal": lambda moment: moment.label == "abnormal",
    "normal": lambda moment: moment.label == "normal",
}


@dataclass(frozen=True, slots=True)
class View:
    """What a person looks at.

    Attributes:
        show: moments of this kind; `borderline`: not marked, those nearest to the threshold first.
        most: at most so many.
        share: of the frames, from the top of the ranking, whose moments are shown; at least the
            session's own share counts.
    """

    show: Kind = "all"
    most: int = SHOWN
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Listing:
    """The moments of a view.

    Attributes:
        moments: those that are shown, the strangest first.
        count: how many there are without the limit.
        more: what shows more; None where there is nothing more.
        below: where `more` looks at a larger share of the frames: the share now, and then.
    """

    moments: list[ReviewMoment]
    count: int
    more: View | None
    below: tuple[float, float] | None


def listing(session: ReviewSession, view: View) -> Listing:
    """The moments of a view, as a session stands now."""
    share = min(1.0, max(view.share, session.share))
    wanted = _wanted(session, view.show, share)
    more, below = None, None
    if len(wanted) > view.most:
        more = View(view.show, view.most + SHOWN, view.share)
    elif share < 1 and view.show in ("all", "unmarked"):
        below = (share, min(1.0, _WIDER * share))
        more = View(view.show, view.most + SHOWN, below[1])
    return Listing(wanted[: view.most], len(wanted), more, below)


def _wanted(session: ReviewSession, show: Kind, share: float) -> list[ReviewMoment]:
    if show == "borderline":
        share = max(share, min(1.0, _WIDER * session.share))
    moments = list(session.moments)
    if share > session.share:
        moments += session.moments_below(share)
    wanted = [moment for moment in moments if _FITS[show](moment)]
    if show == "borderline":
        threshold = session.threshold
        wanted.sort(key=lambda moment: abs(moment.score - threshold))
    return wanted
