"""Counts what a simulated site scored, and compares it with what it stored and told."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.watch.clock import Clock
from awry.watch.messages import Scored
from awry.watch.simulation.detector import THRESHOLD
from awry.watch.simulation.receivers import FakeReceiver
from awry.watch.store.models import ClipRow, EventRow, OutboxRow, ScoreRow

Key = tuple[str, str, int]
"""Camera, session, number of the anomaly: each is one event."""

_SLACK_S = 2.0


@dataclass(frozen=True, slots=True)
class Events:
    """What became of the anomalies that were scored.

    Attributes:
        scores_in, scores_stored: scores that the keeper took, and that its tables hold.
        seen: anomalies that were scored above the threshold, those of two connections twice.
        stored: events in the store.
        missing: anomalies without an event.
        twice: events beyond the first of an anomaly.
        strange: events of no anomaly.
        open: events that have not ended.
        told: events that receivers had to be told of.
        untold, repeated: news of these that a receiver got never, or more than once.
        dead: rows of the outbox that were given up.
        with_clip: events that have a clip, or had one until retention deleted it.
    """

    scores_in: int
    scores_stored: int
    seen: int
    stored: int
    missing: int
    twice: int
    strange: int
    open: int
    told: int
    untold: int
    repeated: int
    dead: int
    with_clip: int

    @property
    def faultless(self) -> bool:
        """Whether nothing was lost and nothing came twice."""
        wrong = (self.missing, self.twice, self.strange, self.open, self.untold, self.repeated)
        return not any((*wrong, self.dead)) and self.scores_in == self.scores_stored


class Tally:
    """Listens to scores on their way.

    Args:
        clock: of the site.
        odd: camera -> its anomalies, by the clock that only grows.
    """

    def __init__(self, clock: Clock, odd: Mapping[str, Sequence[tuple[float, float]]]) -> None:
        self._clock = clock
        self._begins = {name: [start for start, _ in spans] for name, spans in odd.items()}
        self._numbers: dict[tuple[str, str, int], int] = {}
        self._spans: dict[Key, tuple[float, float]] = {}
        self._last: dict[tuple[str, str], int] = {}
        self.scores = 0

    def scored(self, one: Scored) -> None:
        """A score left the scorer, right after its picture was taken."""
        if one.score is not None and one.score > THRESHOLD:
            begins = self._begins[one.camera]
            number = bisect.bisect_right(begins, self._clock.monotonic()) - 1
            self._numbers[one.camera, one.session, one.step] = number

    def acknowledged(self, one: Scored) -> None:
        """The keeper has it."""
        session = (one.camera, one.session)
        if one.step <= self._last.get(session, -1):
            return
        self._last = {key: step for key, step in self._last.items() if key[0] != one.camera}
        self._last[session] = one.step
        self.scores += 1
        number = self._numbers.pop((*session, one.step), None)
        if number is None:
            return
        if len(self._numbers) > 1000:  # of scores that died with their process
            self._numbers.clear()
        first, last = self._spans.get((*session, number), (one.at, one.at))
        self._spans[*session, number] = (min(first, one.at), max(last, one.at))

    def compare(
        self, session: Session, programs: Sequence[FakeReceiver], people: Sequence[FakeReceiver]
    ) -> Events:
        """What is in the store, and what receivers were told, against what was scored."""
        events = session.scalars(select(EventRow)).all()
        found = Counter(key for event in events if (key := self._key_of(event)) is not None)
        told = [event for event in events if event.told]
        wanted = [(one, event.uid, kind) for one in programs for event in told for kind in _KINDS]
        wanted += [(one, event.uid, "new") for one in people for event in told]
        times = [receiver.told[uid, kind] for receiver, uid, kind in wanted]
        clips = set(session.scalars(select(ClipRow.event).distinct()))
        return Events(
            scores_in=self.scores,
            scores_stored=session.scalar(select(func.sum(ScoreRow.count))) or 0,
            seen=len(self._spans),
            stored=len(events),
            missing=len(self._spans.keys() - found.keys()),
            twice=sum(found.values()) - len(found),
            strange=len(events) - sum(found.values()),
            open=sum(event.state == "open" for event in events),
            told=len(told),
            untold=sum(count == 0 for count in times),
            repeated=sum(count > 1 for count in times),
            dead=len(session.scalars(select(OutboxRow.id).where(OutboxRow.state == "dead")).all()),
            with_clip=sum(event.uid in clips or event.media == "expired" for event in events),
        )

    def _key_of(self, event: EventRow) -> Key | None:
        """The anomaly that an event is of."""
        for key, (first, last) in self._spans.items():
            near = first - _SLACK_S <= event.start <= last + _SLACK_S
            if near and key[:2] == (event.camera, event.session):
                return key
        return None


_KINDS = ("new", "end")
