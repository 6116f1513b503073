"""The keeper: what comes from all processes into the store, each message once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import AwryError
from awry.watch.clock import Clock
from awry.watch.ipc.links import Received
from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.keeper.events import EventStream, Level, Taken, stored_score
from awry.watch.keeper.incidents import Incidents
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.keeper.learning import Learning
from awry.watch.keeper.levels import interesting
from awry.watch.keeper.looks import Looks
from awry.watch.keeper.requests import Requests
from awry.watch.keeper.states import CameraCondition
from awry.watch.keeper.upkeep import Upkeep
from awry.watch.messages import (
    BundleState,
    Crashed,
    Delivered,
    Due,
    FileWritten,
    FlagChanged,
    Gap,
    Hello,
    Interesting,
    Load,
    Message,
    Request,
    Scored,
    SessionEnded,
    StateChanged,
)
from awry.watch.requests import Look
from awry.watch.site.portions import KeeperSettings
from awry.watch.store.changes import add_change, first_time
from awry.watch.store.database import Database
from awry.watch.store.disk import Disk, is_full
from awry.watch.store.models import EventRow, FinderRow, LoadRow
from awry.watch.store.outbox import set_delivered
from awry.watch.store.read import open_events
from awry.watch.store.results import StoredClip, StoredFootage
from awry.watch.store.scores import add_scores
from awry.watch.store.write import (
    add_clip,
    add_footage,
    add_gap,
    set_cameras,
    set_flag,
    set_seen,
)

SILENCE_S = 30.0
"""An event whose scores stopped coming for so long has ended."""
Key = tuple[str, str]
_log = logging.getLogger(__name__)


class Keeper:
    """The only writer of a site's store. It neither waits nor speaks: `effects` say what to say.

    What `take` was given is on the disk when it returns, or not at all; then it raises, and may be
    given again. Everything that it knows beside the store can be thrown away at any moment.

    Args:
        settings: of the site.
        database: to write.
        clock: of the site.
        disk: the file system of the store.
    """

    def __init__(
        self, settings: KeeperSettings, database: Database, clock: Clock, disk: Disk
    ) -> None:
        self.site = KeptSite.of(settings, clock, disk)
        self._database, self._clock = database, clock
        self._streams: dict[Key, EventStream] = {}
        self._heard: dict[Key, float] = {}
        self._conditions: dict[str, CameraCondition] = {}
        self._told: dict[tuple[str, str], tuple[str, Level]] = {}
        self._incidents = Incidents(self.site)
        self._learning = Learning(self.site)
        self._requests = Requests(self.site, self._learning)
        self._looks = Looks(self.site)
        self._upkeep = Upkeep(self.site, database, self._learning, self._conditions)
        self._batch: list[Scored] = []
        self._touched: set[Key] = set()
        self._doers: dict[type[Message], Callable[[Session, Any, Hello], list[Effect]]] = {
            StateChanged: self._state,
            FlagChanged: self._flag,
            Gap: self._gap,
            Scored: self._scored,
            SessionEnded: self._session_ended,
            FileWritten: self._file,
            BundleState: self._bundle,
            Load: self._load,
            Crashed: self._crashed,
            Delivered: self._delivered,
            Request: self._request,
        }

    # ---- from outside -----------------------------------------------------------------------

    def start(self) -> list[Effect]:
        """Take up what an earlier keeper left: open events go on, or end where nobody knows them.

        Raises:
            SQLAlchemyError: the database cannot be written.
        """
        try:
            with self._database.writing() as session:
                set_cameras(session, set(self.site.cameras), self._clock.now())
                self._resume(session)
                effects = self._end_strangers(session)
                for name in self.site.cameras:
                    effects += self._learning.use(session, name, again=True)
                    effects += self._incidents.clips_again(session, name)
                self._save(session)
        except BaseException as error:
            self._taken_back(error)
            raise
        return [*effects, Effect("courier", "", Due())]

    def configure(self, settings: KeeperSettings) -> list[Effect]:
        """Take other settings: events of cameras that are no longer watched end."""
        changed = self.site.configure(settings)
        self._upkeep.configure()
        with self._database.writing() as session:
            set_cameras(session, set(self.site.cameras), self._clock.now())
            effects = []
            for key in list(self._streams):
                effects += self._reconfigured(session, key, changed)
            for name in changed & set(self.site.cameras):
                self._forget_told(name)
                self.site.levels.renew(session, name)
                effects += self._learning.use(session, name)
            self._save(session)
        return effects

    def take(self, received: Sequence[Received]) -> list[Effect]:
        """Do messages in one transaction.

        Args:
            received: in the order of their coming.

        Returns:
            what is to be said to others now that all this is stored.

        Raises:
            SQLAlchemyError: the database cannot be written; nothing was done.
        """
        effects: list[Effect] = []
        try:
            with self._database.writing() as session:
                for one in received:
                    effects += self._one(session, one)
                self._save(session)
        except BaseException as error:
            self._taken_back(error)
            raise
        return effects

    def tick(self, connected: Collection[tuple[str, str]] = ()) -> list[Effect]:
        """Do what is due by the clock; about once a second.

        Args:
            connected: kind and name of the processes that are.
        """
        try:
            with self._database.writing() as session:
                effects = self._end_silent(session)
                effects += self._upkeep.step(session, connected)
                self._save(session)
        except BaseException as error:
            self._taken_back(error)
            raise
        return effects + self._upkeep.clean()

    def finish(self) -> list[Effect]:
        """The site stops, and no scorer runs any longer: what is on has ended."""
        try:
            with self._database.writing() as session:
                effects: list[Effect] = []
                for key, stream in list(self._streams.items()):
                    if stream.open:
                        effects += self._end(session, key)
                effects += self._end_strangers(session)
                self._save(session)
        except BaseException as error:
            self._taken_back(error)
            raise
        return effects

    def greet(self, hello: Hello) -> list[Effect]:
        """What a process is told that has just started: all that it may have missed."""
        if hello.process == "courier":
            return [Effect("courier", "", Due())]
        if hello.process == "ingest":
            return self._greet_ingest(hello.name)
        return self._greet_scorer() if hello.process == "scorer" else []

    # ---- the transaction --------------------------------------------------------------------

    def _one(self, session: Session, received: Received) -> list[Effect]:
        message = received.message
        do = self._doers.get(type(message))
        if do is None:
            _log.warning("A %s came to the keeper, which is none of its.", type(message).__name__)
            return []
        uid = getattr(message, "uid", "")
        if uid and not isinstance(message, Request):
            if not first_time(session, uid, self._clock.now()):
                return []
            session.flush()
        return do(session, message, received.sender)

    def _save(self, session: Session) -> None:
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

    def _save_stream(self, session: Session, key: Key) -> None:
        stream = self._streams[key]
        row = session.get(FinderRow, key)
        if row is None:
            row = FinderRow(camera=key[0], bundle=key[1])
            session.add(row)
        row.session, row.step, row.at = stream.session, stream.step, self._clock.now()
        row.state = stream.state()

    def _taken_back(self, error: BaseException) -> None:
        """Forget what the store does not know."""
        self._streams.clear()
        self._heard.clear()
        self._batch.clear()
        self._touched.clear()
        self._incidents.forget()
        self.site.levels.forget_all()
        if is_full(error):
            self._upkeep.disk_full()

    def _stream(self, session: Session, key: Key) -> EventStream:
        if key not in self._streams:
            row = session.get(FinderRow, key)
            settings = self.site.camera(key[0])
            longest = 300.0 if settings is None else settings.longest_event_s
            state = None if row is None else row.state
            self._streams[key] = EventStream(*key, longest, state)
            self._heard[key] = self._clock.monotonic()
        return self._streams[key]

    def _resume(self, session: Session) -> None:
        for row in session.scalars(select(FinderRow)):
            if row.state.get("open"):
                self._stream(session, (row.camera, row.bundle))

    # ---- what comes -------------------------------------------------------------------------

    def _scored(self, session: Session, scored: Scored, sender: Hello) -> list[Effect]:
        if scored.camera not in self.site.cameras:
            return []
        key = (scored.camera, scored.bundle)
        stream = self._stream(session, key)
        level = self.site.levels.get(session, *key, scored.light)
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

    def _session_ended(self, session: Session, said: SessionEnded, sender: Hello) -> list[Effect]:
        effects: list[Effect] = []
        for row in session.scalars(select(FinderRow).where(FinderRow.camera == said.camera)):
            self._stream(session, (row.camera, row.bundle))
        for key, stream in list(self._streams.items()):
            if key[0] == said.camera and stream.session == said.session:
                effects += self._end(session, key)
                self._condition(said.camera).broken()
        return effects

    def _state(self, session: Session, said: StateChanged, sender: Hello) -> list[Effect]:
        if said.camera in self.site.cameras:
            condition = self._condition(said.camera)
            condition.say(sender.process, said.state, said.reason, said.at)
            self._upkeep.state_of(session, said.camera, at=said.at)
        return []

    def _flag(self, session: Session, said: FlagChanged, sender: Hello) -> list[Effect]:
        if said.camera in self.site.cameras:
            set_flag(session, said.camera, said.flag, said.on, said.at, said.detail)
        return []

    def _gap(self, session: Session, gap: Gap, sender: Hello) -> list[Effect]:
        add_gap(session, gap.camera, gap.start, max(gap.start, gap.end), gap.why)
        return []

    def _file(self, session: Session, file: FileWritten, sender: Hello) -> list[Effect]:
        if file.kind == "footage":
            span = (file.start, file.end, file.bytes, file.light)
            add_footage(session, StoredFootage(file.camera, file.path, *span))
            return []
        clip = StoredClip(
            file.event,
            file.part,
            file.path,
            file.start,
            file.end,
            file.bytes,
            file.codec,
            file.note,
        )
        try:
            add_clip(session, file.camera, clip, self._clock.now())
        except AwryError as error:  # the file stays; it is found when both sides are compared
            _log.warning("%s", error)
        return []

    def _bundle(self, session: Session, said: BundleState, sender: Hello) -> list[Effect]:
        if said.camera not in self.site.cameras:
            return []
        return self._learning.take(session, said)

    def _load(self, session: Session, load: Load, sender: Hello) -> list[Effect]:
        row = session.get(LoadRow, (load.process, load.name))
        if row is None:
            row = LoadRow(process=load.process, name=load.name)
            session.add(row)
        row.at, row.figures = load.at, dict(load.figures)
        return []

    def _crashed(self, session: Session, said: Crashed, sender: Hello) -> list[Effect]:
        camera = said.name if said.process == "ingest" else ""
        if camera in self._conditions:
            self._conditions[camera].broken()
        payload = {"process": said.process, "name": said.name, "crashed": said.reason}
        subject = f"{said.process} {said.name}".strip()
        add_change(session, said.at, "state", subject, camera=camera, payload=payload)
        return []

    def _delivered(self, session: Session, said: Delivered, sender: Hello) -> list[Effect]:
        set_delivered(session, said.row, error=said.error, retry_at=said.retry_at)
        return []

    def _request(self, session: Session, request: Request, sender: Hello) -> list[Effect]:
        if request.action == Look.action:
            return self._looks.answer(request, sender)
        answer, done = self._requests.take(session, request)
        if done.camera:
            for key in self.site.levels.renew(session, done.camera):
                self._told.pop((key[0], key[2]), None)
        return [*done.effects, Effect(sender.process, sender.name, answer)]

    # ---- what is due ------------------------------------------------------------------------

    def _end_silent(self, session: Session) -> list[Effect]:
        effects: list[Effect] = []
        now = self._clock.monotonic()
        for key, stream in list(self._streams.items()):
            if stream.open and now - self._heard[key] > SILENCE_S:
                effects += self._end(session, key)
        return effects

    def _end_strangers(self, session: Session) -> list[Effect]:
        """End open events whose camera is gone, and those that no stream knows."""
        effects: list[Effect] = []
        for key, stream in list(self._streams.items()):
            settings = self.site.camera(key[0])
            if stream.open and (settings is None or not settings.enabled):
                effects += self._end(session, key)
        known = {stream.open for stream in self._streams.values()}
        for event in open_events(session):
            if event.uid not in known:
                effects += self._incidents.close(session, event.uid)
        return effects

    def _reconfigured(self, session: Session, key: Key, changed: set[str]) -> list[Effect]:
        settings = self.site.camera(key[0])
        if settings is not None and settings.enabled:
            self._streams[key].longest_s = settings.longest_event_s
            return []
        effects = self._end(session, key) if self._streams[key].open else []
        if settings is None:
            self._conditions.pop(key[0], None)
        return effects

    def _forget_told(self, camera: str) -> None:
        for where in [where for where in self._told if where[0] == camera]:
            del self._told[where]

    def _condition(self, camera: str) -> CameraCondition:
        return self._conditions.setdefault(camera, CameraCondition())

    def _greet_ingest(self, camera: str) -> list[Effect]:
        with self._database.reading() as session:
            clips = self._incidents.clips_again(session, camera)
        recording = Effect("ingest", camera, self._upkeep.recording())
        return [recording, *clips, *self._learning.gathering(camera)]

    def _greet_scorer(self) -> list[Effect]:
        return [
            effect
            for (camera, light), (_, level) in self._told.items()
            for effect in self._interesting(camera, light, level)
        ]


def _light(name: str) -> Any:
    return "infrared" if name == "infrared" else "day"
