"""The moments that a person looks at: the run's events and what was marked, with their ranks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from awry.commands.review.log import Key, Label, Mark
from awry.commands.review.places import placed_marks
from awry.sifting.run import RankedEvent, Run


@dataclass(frozen=True, slots=True)
class Moment:
    """An event of the ranking, or a marked frame that no event holds any more.

    Attributes:
        clip: number of its clip.
        first, last: places in the clip's arrays, inclusive.
        place: of the frame that stands for it, and that a mark speaks of: the one that was marked
            last, else the peak.
        score: the highest.
        rank: from 1; None for a marked frame that does not stand out.
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
class Moved:
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

    @property
    def sentence(self) -> str:
        """In words."""
        counts = {
            "rose": self.rose,
            "fell": self.fell,
            "unchanged": self.stayed,
            "new": self.new,
            "gone from the top": self.gone,
        }
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        marks = f"{self.marks} mark" + "s" * (self.marks != 1)
        return f"Learned from {marks}. Moments: {said or 'none stands out'}."


def moments_of(
    run: Run, marks: Mapping[Key, Mark], before: Sequence[RankedEvent] | None
) -> list[Moment]:
    """The run's events, the strangest first, then marked frames that are in none of them.

    Args:
        run: with its scores.
        marks: what counts, the oldest first.
        before: the events before the last retraining; None where nothing was learned.
    """
    placed = list(placed_marks(run.clips, marks.values()))
    found = []
    held: set[tuple[int, int]] = set()
    for rank, event in enumerate(run.events(), 1):
        inside = [p for p in placed if p[0] == event.clip and event.first <= p[1] <= event.last]
        held |= {(clip, place) for clip, place, _ in inside}
        place, label = (inside[-1][1], inside[-1][2]) if inside else (event.peak, None)
        earlier = None if before is None else rank_before(event, before)
        span = (event.clip, event.first, event.last)
        found.append(Moment(*span, place, event.score, rank, label, earlier))
    return found + _beside(run, [p for p in placed if p[:2] not in held], before)


def _beside(
    run: Run,
    placed: Iterable[tuple[int, int, Label]],
    before: Sequence[RankedEvent] | None,
) -> list[Moment]:
    """Marked frames that no event holds, the strangest first."""
    found = []
    for clip, place, label in placed:
        score = float(run.clips[clip].scores[place])
        alone = Moment(clip, place, place, place, score, None, label)
        event = RankedEvent(clip, place, place, place, score)
        earlier = None if before is None else rank_before(event, before)
        found.append(replace(alone, before=earlier))
    return sorted(found, key=lambda moment: -moment.score)


def rank_before(event: RankedEvent, before: Sequence[RankedEvent]) -> int | None:
    """The best rank among the earlier events that share a frame with this one."""
    for rank, other in enumerate(before, 1):
        if other.clip == event.clip and other.first <= event.last and event.first <= other.last:
            return rank
    return None


def moved(before: Sequence[RankedEvent], after: Sequence[RankedEvent], marks: int) -> Moved:
    """What became of the events' ranks."""
    ranks = [(rank_before(event, before), rank) for rank, event in enumerate(after, 1)]
    return Moved(
        marks,
        rose=sum(old is not None and new < old for old, new in ranks),
        fell=sum(old is not None and new > old for old, new in ranks),
        stayed=sum(old == new for old, new in ranks),
        new=sum(old is None for old, _ in ranks),
        gone=sum(rank_before(event, after) is None for event in before),
    )
