"""A moment in words: its frames, its time, and how its rank changed."""

from __future__ import annotations

import numpy as np

from awry.sifting.review.moments import ReviewMoment
from awry.sifting.review.session import ReviewSession


def change_of(session: ReviewSession, moment: ReviewMoment) -> str:
    """How a rank moved by the last retraining, in few words; empty before one."""
    if session.changes is None:
        return ""
    if moment.rank is None:
        return "" if moment.before is None else f"was {moment.before}"
    if moment.before is None:
        return "new"
    if moment.before == moment.rank:
        return f"still {moment.rank}"
    arrow = "\u2191" if moment.rank < moment.before else "\u2193"
    return f"{arrow} from {moment.before} to {moment.rank}"


def describe(session: ReviewSession, moment: ReviewMoment) -> str:
    """A moment's frames as filmed, and its time.

    Example: `frames 108-179, 0:10.8-0:17.9, shown 0:17.6`
    """
    clip = session.run.clips[moment.clip]
    first, last, shown = (clip.indices[p] for p in (moment.first, moment.last, moment.place))
    begin, end, at = (clip.times[p] for p in (moment.first, moment.last, moment.place))
    frames = f"frame {first}" if first == last else f"frames {first}\u2013{last}"
    if np.isnan(at):
        return frames if first == last else f"{frames}, shown: {shown}"
    if first == last:
        return f"{frames}, {clock(at)}"
    return f"{frames}, {clock(begin)}\u2013{clock(end)}, shown: {clock(at)}"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any.

    >>> clock(17.62), clock(3599.97)
    ('0:17.6', '1:00:00.0')
    """
    minutes, rest = divmod(round(float(seconds), 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
