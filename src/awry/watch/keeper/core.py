"""The keeper: what comes from all processes into the store, each message once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy.orm import Session

from awry.errors import AwryError
from awry.watch.clock import Clock
from awry.watch.ipc.links import Received
from awry.watch.keeper.effects import Effect
from awry.watch.keeper.incidents import Incidents
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.keeper.learning import Learning
from awry.watch.keeper.looks import Looks
from awry.watch.keeper.requests import Requests
from awry.watch.keeper.states import CameraCondition
from awry.watch.keeper.streams import Streams
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
from awry.watch.store.models import LoadRow
from awry.watch.store.outbox import set_delivered
from awry.watch.store.results import StoredClip, StoredFootage
from awry.watch.store.write import (
    add_clip,
    add_footage,
    add_gap,
    set_cameras,
    set_flag,
)

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
        self._conditions: dict[str, CameraCondition] = {}
        self._incidents = Incidents(self.site)
        self._learning = Learning(self.site)
        self._requests = Requests(self.site, self._learning)
        self._looks = Looks(self.site)
        self._upkeep = Upkeep(self.site, database, self._learning, self._conditions)
        self._streams = Streams(self.site, self._incidents, self._looks, self._conditions)
        self._doers: dict[type[Message], Callable[[Session, Any, Hello], list[Effect]]] = {
            StateChanged: self._state,
            FlagChanged: self._flag,
            Gap: self._gap,
            Scored: lambda session, said, _: self._streams.scored(session, said),
            SessionEnded: lambda session, said, _: self._streams.session_ended(session, said),
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
                self._streams.resume(session)
                effects = self._streams.end_strangers(session)
                for name in self.site.cameras:
                    effects += self._learning.use(session, name, again=True)
                    effects += self._incidents.clips_again(session, name)
                self._streams.save(session)
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
            known = changed & set(self.site.cameras)
            effects = self._streams.configure(session, known)
            for name in known:
                self.site.levels.renew(session, name)
                effects += self._learning.use(session, name)
            self._streams.save(session)
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
                self._streams.save(session)
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
                effects = self._streams.end_silent(session)
                effects += self._upkeep.step(session, connected)
                self._streams.save(session)
        except BaseException as error:
            self._taken_back(error)
            raise
        return effects + self._upkeep.clean()

    def finish(self) -> list[Effect]:
        """The site stops, and no scorer runs any longer: what is on has ended."""
        try:
            with self._database.writing() as session:
                effects = self._streams.end_all(session)
                self._streams.save(session)
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
        return self._streams.greet() if hello.process == "scorer" else []

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

    def _taken_back(self, error: BaseException) -> None:
        """Forget what the store does not know."""
        self._streams.forget()
        self._incidents.forget()
        self.site.levels.forget_all()
        if is_full(error):
            self._upkeep.disk_full()

    # ---- what comes -------------------------------------------------------------------------

    def _state(self, session: Session, said: StateChanged, sender: Hello) -> list[Effect]:
        if said.camera in self.site.cameras:
            condition = self._conditions.setdefault(said.camera, CameraCondition())
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
                self._streams.forget_level(key[0], key[2])
        return [*done.effects, Effect(sender.process, sender.name, answer)]

    def _greet_ingest(self, camera: str) -> list[Effect]:
        with self._database.reading() as session:
            clips = self._incidents.clips_again(session, camera)
        recording = Effect("ingest", camera, self._upkeep.recording())
        return [recording, *clips, *self._learning.gathering(camera)]
