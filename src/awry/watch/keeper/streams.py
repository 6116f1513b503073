"""Scores as they come: kept with their minute, judged by the threshold, joined into events."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.keeper.events import EventStream, Level, Taken, stored_score
from awry.watch.keeper.incidents import Incidents
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.keeper.levels import interesting
from awry.watch.keeper.looks import Looks
from awry.watch.keeper.states import CameraCondition
from awry.watch.messages import Interesting, Scored, SessionEnded
from awry.watch.store.models import EventRow, FinderRow
from awry.watch.store.read import open_events
from awry.watch.store.scores import add_scores
from awry.watch.store.write import add_gap, set_seen

SILENCE_S = 30.0
"""An event whose scores stopped coming for so long has ended."""
Key = tuple[str, str]


class Streams:
    """The stream of scores of each detector, and the events in it.

    It writes in the keeper's transaction. What it knows beside the store may be forgotten at any
    moment: `forget`.

    Args:
        site: the site.
        incidents: what is done with events.
        looks: who wants to see what a detector sees.
        conditions: camera -> how it is; shared with the keeper.
    """

    def __init__(
        self,
        site: KeptSite,
        incidents: Incidents,
        looks: Looks,
        conditions: dict[str, CameraCondition],
    ) -> None:
        self._site, self._clock = site, site.clock
        self._incidents, self._looks, self._conditions = incidents, looks, conditions
        self._streams: dict[Key, EventStream] = {}
        self._heard: dict[Key, float] = {}
        self._told: dict[tuple[str, str], tuple[str, Level]] = {}
        self._batch: list[Scored] = []
        self._touched: set[Key] = set()

    # ---- what comes -------------------------------------------------------------------------

    def scored(self, session: Session, scored: Scored) -> list[Effect]:
        """Take a score, and find what it begins or ends."""
        if scored.camera not in self._site.cameras:
            return []
        key = (scored.camera, scored.bundle)
        stream = self._stream(session, key)
        level = self._site.levels.get(session, *key, scored.light)
        scored = self._looks.see(scored, level.threshold)
        taken = stream.take(scored, level)
        if not taken.new:
            return []
        self._heard[key] = self._clock.monotonic()
        self._touched.add(key)
        value = stored_score(scored.score)
        kept = None if value != value else value
        self._batch.append(replace(scored, score=kept, picture=b"", heat=b""))
        if not scored.shadow:
            condition = self._condition(scored.camera)
            condition.scored(kept is not None, scored.dropped, self._clock.monotonic())
        return [
            *self._put(session, stream, taken, shadow=scored.shadow),
            *self._tell_level(scored, level),
        ]

    def session_ended(self, session: Session, said: SessionEnded) -> list[Effect]:
        """A scorer began anew: what was on has ended."""
        effects: list[Effect] = []
        for row in session.scalars(select(FinderRow).where(FinderRow.camera == said.camera)):
            self._stream(session, (row.camera, row.bundle))
        for key, stream in list(self._streams.items()):
            if key[0] == said.camera and stream.session == said.session:
                effects += self._end(session, key)
                self._condition(said.camera).broken()
        return effects

    def configure(self, session: Session, changed: Collection[str]) -> list[Effect]:
        """Other settings count: events of cameras that are no longer watched end.

        Args:
            session: the transaction.
            changed: cameras whose settings are others.
        """
        effects: list[Effect] = []
        for key in list(self._streams):
            effects += self._reconfigured(session, key)
        for name in changed:
            self.forget_told(name)
        return effects

    def forget_told(self, camera: str) -> None:
        """Its scorer is to be told anew which scores are interesting."""
        for where in [where for where in self._told if where[0] == camera]:
            del self._told[where]

    def forget_level(self, camera: str, light: str) -> None:
        """The threshold is another: its scorer is told anew."""
        self._told.pop((camera, light), None)

    def greet(self) -> list[Effect]:
        """What a scorer is told that has just started."""
        return [
            effect
            for (camera, light), (_, level) in self._told.items()
            for effect in self._interesting(camera, light, level)
        ]

    # ---- what ends --------------------------------------------------------------------------

    def end_all(self, session: Session) -> list[Effect]:
        """No scorer runs any longer: what is on has ended."""
        effects: list[Effect] = []
        for key, stream in list(self._streams.items()):
            if stream.open:
                effects += self._end(session, key)
        return effects + self.end_strangers(session)

    def end_silent(self, session: Session) -> list[Effect]:
        """End events whose scores stopped coming."""
        effects: list[Effect] = []
        now = self._clock.monotonic()
        for key, stream in list(self._streams.items()):
            if stream.open and now - self._heard[key] > SILENCE_S:
                effects += self._end(session, key)
        return effects

    def end_strangers(self, session: Session) -> list[Effect]:
        """End open events whose camera is gone, and those that no stream knows."""
        effects: list[Effect] = []
        for key, stream in list(self._streams.items()):
            settings = self._site.camera(key[0])
            if stream.open and (settings is None or not settings.enabled):
                effects += self._end(session, key)
        known = {stream.open for stream in self._streams.values()}
        for event in open_events(session):
            if event.uid not in known:
                effects += self._incidents.close(session, event.uid)
        return effects

    # ---- the transaction --------------------------------------------------------------------

    def resume(self, session: Session) -> None:
        """Take up the open events that an earlier keeper left."""
        for row in session.scalars(select(FinderRow)):
            if row.state.get("open"):
                self._stream(session, (row.camera, row.bundle))

    def save(self, session: Session) -> None:
        """Write what was gathered from a batch of scores."""
        add_scores(session, self._batch)
        newest: dict[str, Scored] = {one.camera: one for one in self._batch if not one.shadow}
        with session.no_autoflush:
            for name, one in newest.items():
                set_seen(session, name, frame=one.at, score=None if one.score is None else one.at)
            for key in self._touched:
                self._save_stream(session, key)
        self._batch.clear()
        self._touched.clear()

    def forget(self) -> None:
        """Forget what the store does not know: nothing of the transaction was written."""
        self._streams.clear()
        self._heard.clear()
        self._batch.clear()
        self._touched.clear()

    def _save_stream(self, session: Session, key: Key) -> None:
        stream = self._streams[key]
        row = session.get(FinderRow, key)
        if row is None:
            row = FinderRow(camera=key[0], bundle=key[1])
            session.add(row)
        row.session, row.step, row.at = stream.session, stream.step, self._clock.now()
        row.state = stream.state()

    def _stream(self, session: Session, key: Key) -> EventStream:
        if key not in self._streams:
            row = session.get(FinderRow, key)
            settings = self._site.camera(key[0])
            longest = 300.0 if settings is None else settings.longest_event_s
            state = None if row is None else row.state
            self._streams[key] = EventStream(*key, longest, state)
            self._heard[key] = self._clock.monotonic()
        return self._streams[key]

    # ---- pieces -----------------------------------------------------------------------------

    def _tell_level(self, scored: Scored, level: Level) -> list[Effect]:
        where = (scored.camera, scored.light)
        said = (scored.bundle, level)
        if scored.shadow or self._told.get(where) == said:
            return []
        self._told[where] = said
        return self._interesting(*where, level)

    def _interesting(self, camera: str, light: str, level: Level) -> list[Effect]:
        score = interesting(level)
        if score is None:
            return []
        message = Interesting(camera, _light(light), score, level.threshold)
        return [Effect("scorer", EVERY, message)]

    def _put(
        self, session: Session, stream: EventStream, taken: Taken, *, shadow: bool
    ) -> list[Effect]:
        effects: list[Effect] = []
        for found in taken.events:
            effects += self._incidents.put(session, stream, found, shadow=shadow)
        for start, end, why in taken.gaps if not shadow else ():
            add_gap(session, stream.camera, start, end, why)
        return effects

    def _end(self, session: Session, key: Key) -> list[Effect]:
        stream = self._streams[key]
        row = session.get(EventRow, stream.open) if stream.open else None
        self._touched.add(key)
        return self._put(session, stream, stream.end(), shadow=row is not None and row.shadow)

    def _reconfigured(self, session: Session, key: Key) -> list[Effect]:
        settings = self._site.camera(key[0])
        if settings is not None and settings.enabled:
            self._streams[key].longest_s = settings.longest_event_s
            return []
        effects = self._end(session, key) if self._streams[key].open else []
        if settings is None:
            self._conditions.pop(key[0], None)
        return effects

    def _condition(self, camera: str) -> CameraCondition:
        return self._conditions.setdefault(camera, CameraCondition())


def _light(name: str) -> Any:
    return "infrared" if name == "infrared" else "day"
