"""The moments that a person looks at: the run's events and what was marked, with their ranks."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from awry.sifting.review.log import FeedbackMark, Key, Label
from awry.sifting.review.positions import PlacedMark, placed_marks
from awry.sifting.run import RankedEvent, SiftedRun


@dataclass(frozen=True, slots=True)
class ReviewMoment:
    """An event of the ranking, or a marked frame that no event holds any more.

    Attributes:
        clip: number of its clip.
        first, last: places in the clip's arrays, inclusive.
        place: of the frame that is shown: the one that was marked last, else the peak.
        score: the highest.
        rank: from 1; None for what a person has settled, and for marked frames in no event.
        label: what was said of it.
        before: its rank before the last retraining; None where it is new, or nothing was learned.
    """

    clip: int
    first: int
    last: int
    place: int
    score: float
    rank: int | None
    label: Label | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class RankChanges:
    """What a retraining changed.

    Attributes:
        marks: how many were learned from.
        rose, fell, stayed: moments that stand out as before, by what became of their ranks.
        new: moments that did not stand out before.
        gone: moments that do not stand out any more.
    """

    marks: int
    rose: int
    fell: int
    stayed: int
    new: int
    gone: int


def moments_of(
    run: SiftedRun,
    marks: Mapping[Key, FeedbackMark],
    before: Sequence[RankedEvent] | None,
    learned_from: Collection[Key] = (),
) -> list[ReviewMoment]:
    """The run's events, the strangest first, then what a person has settled.

    An event has the label of the newest mark that covers half of it, or that speaks of one frame
    inside it. Events that were called normal, which the ranking has learned, come after the others
    and have no rank any more; at the end come marks that stand for no event.

    Args:
        run: with its scores.
        marks: what counts, the oldest first.
        before: the events before the last retraining; None where nothing was learned.
        learned_from: keys of the marks that the ranking has learned.
    """
    placed = list(placed_marks(run.clips, marks.values()))
    learned = (mark for key, mark in marks.items() if key in learned_from)
    events = run.events
    open_events = unsettled(events, list(placed_marks(run.clips, learned)))
    still_open = set(open_events)  # an archive has thousands
    settled = [event for event in events if event not in still_open]
    moments = [
        _moment(event, rank, placed, before)
        for group, ranks in ((open_events, itertools.count(1)), (settled, itertools.repeat(None)))
        for event, rank in zip(group, ranks, strict=False)
    ]
    rest = [mark for mark in placed if not any(_stands_for(mark, event) for event in events)]
    return moments + _beside(run, rest, before)


def moments_below(
    run: SiftedRun,
    marks: Mapping[Key, FeedbackMark],
    before: Sequence[RankedEvent] | None,
    share: float,
    ranked: int,
) -> list[ReviewMoment]:
    """The events that follow when a larger share of the frames is looked at.

    Args:
        run, marks, before: as in `moments_of`.
        share: of all frames, above the run's own share.
        ranked: how many events stand before these.
    """
    placed = list(placed_marks(run.clips, marks.values()))
    return [
        _moment(event, rank, placed, before)
        for rank, event in enumerate(run.events_below(share), ranked + 1)
    ]


def unsettled(events: Iterable[RankedEvent], learned: Sequence[PlacedMark]) -> list[RankedEvent]:
    """The events that a person has not called normal, as far as it was learned."""
    marks = [(event, _mark_of(event, learned)) for event in events]
    return [event for event, mark in marks if mark is None or mark.label != "normal"]


def _moment(
    event: RankedEvent,
    rank: int | None,
    placed: Sequence[PlacedMark],
    before: Sequence[RankedEvent] | None,
) -> ReviewMoment:
    mark = _mark_of(event, placed)
    inside = mark is not None and event.first <= mark.place <= event.last
    place = mark.place if mark is not None and inside else event.peak
    earlier = None if before is None else rank_before(event, before)
    label = None if mark is None else mark.label
    return ReviewMoment(
        event.clip, event.first, event.last, place, event.score, rank, label, earlier
    )


def _mark_of(event: RankedEvent, placed: Sequence[PlacedMark]) -> PlacedMark | None:
    """The newest mark that stands for an event."""
    return next((mark for mark in reversed(placed) if _stands_for(mark, event)), None)


def _stands_for(mark: PlacedMark, event: RankedEvent) -> bool:
    shared = min(mark.last, event.last) - max(mark.first, event.first) + 1
    if mark.clip != event.clip or shared < 1:
        return False
    return mark.first == mark.last or 2 * shared >= event.last - event.first + 1


def _beside(
    run: SiftedRun, marks: Iterable[PlacedMark], before: Sequence[RankedEvent] | None
) -> list[ReviewMoment]:
    """Marks that stand for no event, the strangest first."""
    moments = []
    for mark in marks:
        score = float(run.clips[mark.clip].scores[mark.place])
        event = RankedEvent(mark.clip, mark.first, mark.last, mark.place, score)
        earlier = None if before is None else rank_before(event, before)
        span = (mark.clip, mark.first, mark.last, mark.place)
        moments.append(ReviewMoment(*span, score, None, mark.label, earlier))
    return sorted(moments, key=lambda moment: -moment.score)


def rank_before(event: RankedEvent, before: Sequence[RankedEvent]) -> int | None:
    """The best rank among the earlier events that share a frame with this one."""
    for rank, other in enumerate(before, 1):
        if other.clip == event.clip and other.first <= event.last and event.first <= other.last:
            return rank
    return None


def rank_changes(
    before: Sequence[RankedEvent], after: Sequence[RankedEvent], marks: int
) -> RankChanges:
    """What became of the events' ranks."""
    ranks = [(rank_before(event, before), rank) for rank, event in enumerate(after, 1)]
    return RankChanges(
        marks,
        rose=sum(old is not None and new < old for old, new in ranks),
        fell=sum(old is not None and new > old for old, new in ranks),
        stayed=sum(old == new for old, new in ranks),
        new=sum(old is None for old, _ in ranks),
        gone=sum(rank_before(event, after) is None for event in before),
    )
