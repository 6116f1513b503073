"""A moment in words, and what learning changed; in the language of whoever looks."""

from __future__ import annotations

from gettext import NullTranslations

import numpy as np

from awry.sifting.review.log import Label
from awry.sifting.review.moments import RankChanges, ReviewMoment
from awry.sifting.review.session import ReviewSession

_ENGLISH = NullTranslations()


def change_of(
    session: ReviewSession, moment: ReviewMoment, words: NullTranslations = _ENGLISH
) -> str:
    """How a rank moved by the last retraining, in few words; empty before one."""
    if session.changes is None:
        return ""
    ranks = {"before": moment.before, "now": moment.rank}
    if moment.rank is None:
        return "" if moment.before is None else words.gettext("was %(before)s") % ranks
    if moment.before is None:
        return words.gettext("new")
    if moment.before == moment.rank:
        return words.gettext("still %(now)s") % ranks
    arrow = "\u2191" if moment.rank < moment.before else "\u2193"
    return f"{arrow} " + words.gettext("from %(before)s to %(now)s") % ranks


def describe(
    session: ReviewSession, moment: ReviewMoment, words: NullTranslations = _ENGLISH
) -> str:
    """A moment's frames as filmed, and its time.

    Example: `frames 108-179, 0:10.8-0:17.9, shown: 0:17.6`
    """
    clip = session.run.clips[moment.clip]
    first, last, shown = (clip.indices[p] for p in (moment.first, moment.last, moment.place))
    begin, end, at = (clip.times[p] for p in (moment.first, moment.last, moment.place))
    span = {"first": first, "last": last}
    alone = first == last
    if alone:
        frames = words.gettext("frame %(first)s") % span
    else:
        frames = words.gettext("frames %(first)s\u2013%(last)s") % span
    parts = [frames]
    if not np.isnan(at):
        parts.append(clock(at) if alone else f"{clock(begin)}\u2013{clock(end)}")
    if not alone:
        when = shown if np.isnan(at) else clock(at)
        parts.append(words.gettext("shown: %(when)s") % {"when": when})
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any.

    >>> clock(17.62), clock(3599.97)
    ('0:17.6', '1:00:00.0')
    """
    minutes, rest = divmod(round(float(seconds), 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def learned(changes: RankChanges, words: NullTranslations = _ENGLISH) -> str:
    """What a retraining changed."""
    counts = {
        words.gettext("%(num)s rose"): changes.rose,
        words.gettext("%(num)s fell"): changes.fell,
        words.gettext("%(num)s unchanged"): changes.stayed,
        words.gettext("%(num)s new at the top"): changes.new,
        words.gettext("%(num)s gone from the top"): changes.gone,
    }
    listed = ", ".join(text % {"num": count} for text, count in counts.items() if count)
    from_marks = words.ngettext(
        "Learned from %(num)s mark.", "Learned from %(num)s marks.", changes.marks
    ) % {"num": changes.marks}
    moments = words.gettext("Moments: %(listed)s.") % {
        "listed": listed or words.gettext("none stands out")
    }
    return f"{from_marks} {moments}"


def contradiction(now: Label, words: NullTranslations = _ENGLISH) -> str:
    """That a moment is called something else than before."""
    if now == "abnormal":
        return words.gettext("This moment was marked normal before; now it is abnormal.")
    return words.gettext("This moment was marked abnormal before; now it is normal.")
