"""A site in one process: its own clock, the real parts of each process, and the ways between them.

A process that is killed is an object that is thrown away, with all that it held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from awry.watch.clock import ManualClock
from awry.watch.courier.board import Board
from awry.watch.courier.core import Courier
from awry.watch.courier.hands import OwnHands
from awry.watch.courier.journal import Journal
from awry.watch.courier.standing import Standing
from awry.watch.courier.store_view import StoreView
from awry.watch.courier.topics import Topics
from awry.watch.ingest.core import Ingest
from awry.watch.ipc.links import Received
from awry.watch.ipc.memory import MemoryHub, MemoryLink, Wire
from awry.watch.keeper.core import Keeper
from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.messages import Due, Hello, Interesting, Message, Scored
from awry.watch.scorer.core import ScorerHost
from awry.watch.simulation.camera import FakeCamera
from awry.watch.simulation.detector import open_detector, write_bundle
from awry.watch.simulation.disks import FillingClipDisk, FillingDisk
from awry.watch.simulation.receivers import FakeBroker, FakeReceiver
from awry.watch.site.model import Camera, Receiver, Retention
from awry.watch.site.portions import (
    Grid,
    IngestSettings,
    KeeperSettings,
    KeptCamera,
    ScoredCamera,
    ScorerSettings,
)
from awry.watch.store.database import Database, open_database, read_database
from awry.watch.store.layout import Layout
from awry.watch.store.reconcile import reconcile

WRITE_EVERY = 5
"""Keeper and courier do their work in one of so many steps: transactions cost most of the time."""

_MOST = 1000


class SimulatedSite:
    """Drive it by `step`; a process that is killed is down until it is started again.

    Args:
        folder: an empty one, for store and bundle.
        cameras: name -> camera that is made up.
        rate: pictures a second.
        gib: media are kept up to so much.

    Attributes:
        acknowledged: called with each score that the keeper has said is stored.
        unclean: what the keeper does before it dies: nothing, or commit without saying so.
    """

    def __init__(
        self,
        folder: Path,
        clock: ManualClock,
        cameras: Mapping[str, FakeCamera],
        *,
        rate: float,
        gib: float = 0.05,
    ) -> None:
        self.clock, self.cameras = clock, cameras
        self.bundle = write_bundle(folder / "bundle", rate)
        self.layout = Layout(folder / "store")
        self.wire = Wire(clock)
        self.disk = FillingDisk()
        self.broker, self.hook, self.person = (
            FakeBroker(),
            FakeReceiver(),
            FakeReceiver(people=True),
        )
        self.mqtt = FakeReceiver()
        self.acknowledged: Callable[[Scored], None] = lambda scored: None
        self.scored: Callable[[Scored], None] = lambda scored: None
        self._grid = Grid(rate=rate)
        self._settings = self._keeper_settings(gib)
        self.database: Database | None = None
        self._hub: MemoryHub | None = None
        self._keeper: Keeper | None = None
        self._greeted: set[Hello] = set()
        self._ingests: dict[str, tuple[Ingest, MemoryLink, FillingClipDisk]] = {}
        self._scorer: tuple[ScorerHost, MemoryLink] | None = None
        self._courier: tuple[Courier, Standing, MemoryLink] | None = None
        self._view: Database | None = None
        self.lost = self._steps = 0
        for name in ("keeper", *(f"ingest {one}" for one in cameras), "scorer", "courier"):
            self.start(name)

    # ---- processes that come and go ---------------------------------------------------------

    def start(self, process: str) -> None:
        """Start `keeper`, `scorer`, `courier` or `ingest CAMERA`, where it is down."""
        kind, _, name = process.partition(" ")
        if kind == "keeper" and self._keeper is None:
            self._start_keeper()
        elif kind == "ingest" and name not in self._ingests:
            self._start_ingest(name)
        elif kind == "scorer" and self._scorer is None:
            self._start_scorer()
        elif kind == "courier" and self._courier is None:
            self._start_courier()

    def kill(self, process: str, *, after_commit: bool = False) -> None:
        """Throw a process away.

        Args:
            process: as in `start`.
            after_commit: the keeper dies between a commit and saying so.
        """
        kind, _, name = process.partition(" ")
        if kind == "keeper" and self._keeper is not None and self.database is not None:
            if after_commit and self._hub is not None:
                self._take(self._keeper, self._hub.poll()[:_MOST], silently=True)
            self._keeper = self._hub = self.wire.current_hub = None
            self.database.close()
            self.database = None
        elif kind == "ingest" and name in self._ingests:
            _, link, disk = self._ingests.pop(name)
            disk.die()
            self._drop(link)
        elif kind == "scorer" and self._scorer is not None:
            self._drop(self._scorer[1])
            self._scorer = None
        elif kind == "courier" and self._courier is not None:
            self._drop(self._courier[2])
            self._courier = None

    def _drop(self, link: MemoryLink) -> None:
        self.lost += link.lost
        link.close()

    def close(self) -> None:
        """Let go of the database, and of the files that are being written."""
        for _, _, disk in self._ingests.values():
            disk.die()
        for database in (self.database, self._view):
            if database is not None:
                database.close()

    # ---- one step ---------------------------------------------------------------------------

    def step(self) -> None:
        """Let every process do what it has to do now; the store is written every few steps."""
        for name in list(self._ingests):
            self._step_ingest(name)
        self._step_scorer()
        self._steps += 1
        if self._steps % WRITE_EVERY == 0:
            self._step_keeper()
            self._step_courier()

    def _step_ingest(self, name: str) -> None:
        ingest, link, _ = self._ingests[name]
        for message in link.poll():
            ingest.hear(message)
        while ingest.step():
            pass

    def _step_scorer(self) -> None:
        if self._scorer is None:
            return
        host, link = self._scorer
        for message in link.poll():
            if isinstance(message, Interesting):
                host.interesting(message)
        while (said := host.step()) is not None:
            for one in said:
                if isinstance(one, Scored):
                    self.scored(one)
                link.send(one)

    def _step_keeper(self) -> None:
        if self._keeper is None or self._hub is None:
            return
        keeper = self._keeper
        came = list(self._hub.poll())
        connected = set(self._hub.connected)
        for hello in connected - self._greeted:
            self._say(keeper.greet(hello))
        self._greeted = connected
        try:
            for first in range(0, len(came), _MOST):
                self._take(keeper, came[first : first + _MOST])
            self._say(keeper.tick({(one.process, one.name) for one in connected}))
        except SQLAlchemyError:
            self.kill("keeper")  # what was not done comes again
            self.start("keeper")

    def _take(self, keeper: Keeper, some: Sequence[Received], *, silently: bool = False) -> None:
        effects = keeper.take(some)
        for one in some:
            if isinstance(one.message, Scored):
                self.acknowledged(one.message)
            if not silently and self._hub is not None:
                self._hub.done(one)
        if not silently:
            self._say(effects)

    def _say(self, effects: Sequence[Effect]) -> None:
        hub = self._hub
        for effect in effects if hub is not None else ():
            assert hub is not None
            everybody = [one.name for one in hub.connected if one.process == effect.process]
            for name in everybody if effect.name == EVERY else [effect.name]:
                hub.send(effect.process, name, effect.message)

    def _step_courier(self) -> None:
        if self._courier is None:
            return
        courier, standing, link = self._courier
        said: Sequence[Message] = link.poll()
        if any(isinstance(one, Due) for one in said):
            courier.look()
        standing.step()
        courier.step()

    # ---- how each is made -------------------------------------------------------------------

    def _start_keeper(self) -> None:
        self.database = open_database(self.layout)
        reconcile(self.database, self.disk, self.clock.now(), alone=False)
        self._keeper = Keeper(self._settings, self.database, self.clock, self.disk)
        self._hub, self._greeted = self.wire.hub(), set()
        self._say(self._keeper.start())

    def _start_ingest(self, name: str) -> None:
        link = self.wire.link("ingest", name)
        camera = self.cameras[name]
        settings = IngestSettings(camera=_camera(name), store=self.layout.root, grid=self._grid)
        sink, disk = self.wire.frames_out(name), FillingClipDisk(self.disk)
        ingest = Ingest(
            settings,
            self.clock,
            link.send,
            sink,
            opener=camera.open,
            decoder=camera.reel.decoder,
            disk=disk,
            seed=1,
        )
        self._ingests[name] = (ingest, link, disk)

    def _start_scorer(self) -> None:
        cameras = tuple(
            ScoredCamera(name=name, bundle=self.bundle, grid=self._grid) for name in self.cameras
        )
        link = self.wire.link("scorer", "0")
        settings = ScorerSettings(cameras=cameras)
        host = ScorerHost(settings, self.clock, open_detector, self.wire.frames_in)
        self._scorer = (host, link)

    def _start_courier(self) -> None:
        link = self.wire.link("courier")
        if self._view is None:
            self._view = read_database(self.layout)
        view = StoreView(self._view)
        channels = {
            ("mqtt", "broker"): self.mqtt,
            ("webhook", "hook"): self.hook,
            ("notify", "person"): self.person,
        }
        journal = Journal(self.layout.root / "courier.sent")
        courier = Courier(view, channels, link.send, self.clock, OwnHands(), journal)
        board = Board(Topics("awry", "homeassistant"), "home", self._picture)
        standing = Standing(
            self.broker,
            board,
            lambda: view.cameras(self.clock.now(), "UTC"),
            view.newest,
            self.clock,
            OwnHands(),
            lambda: courier.back("mqtt"),
        )
        self._courier = (courier, standing, link)

    def _picture(self, path: str) -> bytes | None:
        try:
            return (self.layout.root / path).read_bytes()
        except OSError:
            return None

    def _keeper_settings(self, gib: float) -> KeeperSettings:
        nobody = SecretStr("")
        return KeeperSettings(
            store=self.layout.root,
            site="home",
            retention=Retention(gib=gib, free_gib=1.0),
            cameras={
                name: KeptCamera(camera=_camera(name, self.bundle), bundle=str(self.bundle))
                for name in self.cameras
            },
            mqtt=True,
            notify=(Receiver(name="person", to=nobody),),
            webhooks=(Receiver(name="hook", to=nobody),),
        )


def _camera(name: str, bundle: Path | None = None) -> Camera:
    return Camera(name=name, detect=SecretStr(""), bundle=bundle, cooldown_s=30.0)
