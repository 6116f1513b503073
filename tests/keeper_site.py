"""A small watched site for tests of its keeper: a store, bundles without models, a manual clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from awry.scoring.calibration import POOLED, Calibration, SceneCalibration
from awry.scoring.events import EventOptions
from awry.watch.clock import ManualClock
from awry.watch.ipc.links import Received
from awry.watch.keeper.core import Keeper
from awry.watch.keeper.effects import Effect
from awry.watch.messages import Hello, Message, Scored, SeenRegion
from awry.watch.requests import Values, made
from awry.watch.site.model import Camera, Retention
from awry.watch.site.portions import KeeperSettings, KeptCamera
from awry.watch.store.database import Database
from awry.watch.store.disk import Disk, RealDisk
from awry.watch.store.models import EventRow
from stores import a_store

THRESHOLD = 1.0
OPTIONS = EventOptions(hysteresis=0.1, merge_gap=2, min_length=2)
INGEST, SCORER = Hello("ingest", "door", 1), Hello("scorer", "0", 2)
SUPERVISOR, WEB = Hello("supervisor", "", 3), Hello("web", "", 4)
REGION = SeenRegion((0.1, 0.1, 0.3, 0.3), 2.0, {"speed": 2.0}, "person")
DAY_S = 86_400.0


def scene(threshold: float | None = THRESHOLD, **values: Any) -> SceneCalibration:
    """A calibration that knows its threshold, and nothing of other budgets."""
    given: dict[str, Any] = {"map_thresholds": (), "heat_range": (0.0, 1.0), "frames": 1000}
    given |= {"seconds": 100.0, "budget": None, "how": "As fitted."} | values
    return SceneCalibration(location=0.0, scale=0.2, threshold=threshold, **given)


def write_manifest(folder: Path, calibration: Calibration | None = None, fps: float = 10.0) -> Path:
    """A bundle's manifest without its model."""
    calibration = calibration or Calibration({POOLED: scene()}, OPTIONS)
    manifest = {
        "format": 1,
        "method": "daml",
        "calibration": calibration.to_json(),
        "data": {"fps": fps, "every": 1},
        "files": {},
    }
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest | {"manifest_sha256": digest}))
    return folder


def jpeg(width: int = 64, height: int = 48) -> bytes:
    """A grey picture."""
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes()


def new_database(folder: Path) -> Database:
    """An empty store. No test cuts the power, so that nothing waits for the disk."""
    database = a_store(folder)
    database.close()
    event.listen(
        database.engine,
        "connect",
        lambda connection, _: connection.execute("PRAGMA synchronous = OFF"),
    )
    return database


class KeptSite:
    """A store with a keeper that can be killed: `kill` makes a new one of what is on the disk.

    Args:
        folder: an empty one.
        now: what its clock shows.
        cameras: name -> settings that differ from the defaults.
        site: settings of the site that differ.
        disk: the file system.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: float = 1_800_000_000.0,
        cameras: dict[str, dict[str, Any]] | None = None,
        site: dict[str, Any] | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.bundle = str(write_manifest(folder / "bundle"))
        self.clock, self.disk = ManualClock(now), disk or RealDisk()
        self.database = new_database(folder)
        little = Retention(free_gib=0.01)  # so that the ballast is small
        more = {"retention": little} | (site or {})
        self.settings = KeeperSettings(store=folder / "store", **more)
        self.settings = self.with_cameras(cameras if cameras is not None else {"door": {}})
        self.said: list[Effect] = []
        self.steps = 0
        self.keeper = self.kill()

    def with_cameras(self, cameras: dict[str, dict[str, Any]]) -> KeeperSettings:
        """The settings with other cameras."""
        kept = {
            name: KeptCamera(
                camera=Camera.model_validate(
                    {"name": name, "detect": "", "bundle": self.bundle, "cooldown_s": 0} | values
                ),
                bundle=self.bundle,
            )
            for name, values in cameras.items()
        }
        return self.settings.model_copy(update={"cameras": kept})

    def kill(self) -> Keeper:
        """Throw the keeper away, and make a new one."""
        self.keeper = Keeper(self.settings, self.database, self.clock, self.disk)
        self.said += self.keeper.start()
        return self.keeper

    def close(self) -> None:
        """Let the database go."""
        self.database.close()

    def tell(self, message: Message, sender: Hello = SCORER) -> list[Effect]:
        """One message, done."""
        effects = self.keeper.take([Received(sender, message)])
        self.said += effects
        return effects

    def ask(self, values: Values, uid: str = "") -> Any:
        """A request; gives its `Answer`."""
        effects = self.tell(made(values, "ann", uid), WEB)
        return next(one.message for one in effects if one.process == "web")

    def score(
        self, values: Sequence[float | None], *, rate: float = 10.0, **more: Any
    ) -> list[Effect]:
        """Scores of one batch, one after the other, while the clock goes on."""
        received = []
        for value in values:
            received.append(Received(SCORER, self.scored(value, **more)))
            self.steps += 1
            self.clock.advance(1 / rate)
        effects = self.keeper.take(received)
        self.said += effects
        return effects

    def scored(self, value: float | None, **more: Any) -> Scored:
        """The next score."""
        given: dict[str, Any] = {"camera": "door", "session": "s", "bundle": self.bundle}
        given |= {"at": self.clock.now(), "step": self.steps, "score": value} | more
        return Scored(**given)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look at the tables."""
        with self.database.reading() as session:
            yield session

    def events(self) -> list[EventRow]:
        """All events in order."""
        return sorted(self.rows(EventRow), key=lambda row: row.start)

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        with self.reading() as session:
            rows = list(session.scalars(select(table)))
            session.expunge_all()
            return rows

    def heard(self, kind: type[Message]) -> list[Any]:
        """What was said of a kind since the beginning."""
        return [one.message for one in self.said if isinstance(one.message, kind)]


LOW, HIGH = [0.1] * 5, [2.0] * 4
"""Scores below and above the threshold; four high ones are an event."""
