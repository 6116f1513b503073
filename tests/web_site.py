"""A site as the web process finds it: a store with events, a keeper that writes, people, tokens."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.event import listens_for
from starlette.testclient import TestClient

from awry.watch.checking.discovery import FoundCamera
from awry.watch.checking.tried import Tried, TriedStream
from awry.watch.clock import ManualClock
from awry.watch.ipc.links import Received
from awry.watch.keeper.core import Keeper
from awry.watch.messages import Answer, Hello, Request, Scored
from awry.watch.requests import SessionMake, TokenMake, UserMake, Values, made
from awry.watch.site.portions import KeeperSettings, KeptCamera, WebSettings
from awry.watch.site.read import read_site
from awry.watch.store.database import Database, open_database
from awry.watch.store.disk import RealDisk
from awry.watch.store.layout import Layout
from awry.watch.store.models import (
    BundleRow,
    CalibrationRow,
    ClipRow,
    DriftRow,
    EventRow,
    FileRow,
    GapRow,
    LoadRow,
)
from awry.watch.store.scores import add_scores
from awry.watch.web.app import application, guarded
from awry.watch.web.changes import Feed
from awry.watch.web.helpers import Outside
from awry.watch.web.passwords import Passwords, digest

NOW = 1_800_000_000.0
HERE = "http://127.0.0.1:8780"
SECRETS = ("s3cret-door", "s3cret-yard", "s3cret-broker", "s3cret-hook")
PASSWORD = "a long password"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
HASH = CHEAP.hashed(PASSWORD)
SITE = """\
# our site
name: home
store: store
mqtt: {host: broker.example, user: awry, password: s3cret-broker}
webhooks:
  - {name: hook, to: "https://hook.example/s3cret-hook", secret: s3cret-hook}
schedules:
  night: [mon-sun 22:00-06:00]
cameras:
  door:  # the front door
    detect: rtsp://admin:s3cret-door@10.0.0.1/live
    budget: 2/day
  yard:
    detect: rtsp://admin:s3cret-yard@10.0.0.2/live
"""
CALLERS = ("viewer", "operator", "admin", "read", "feedback", "administer", "yard")
"""Three people, and tokens of three scopes; the last one administers the yard alone."""


TRIED = Tried(
    "",
    640,
    360,
    12.5,
    (TriedStream("video", "h264", 640, 360, 12.5, True, "video"),),
    picture="/9j/",
)
MEASURED = {"found": {"method": "daml", "rate": 84.0, "used": 0.2, "carries": 6}}


def outside(tried: list[str]) -> Outside:
    """Nothing is done outside: every address works, one camera answers; what is tried is noted."""

    def try_address(address: str) -> Tried:
        tried.append(address)
        return TRIED

    return Outside(
        try_address, lambda: [FoundCamera("10.0.0.3", "gate")], lambda wanted, heard: MEASURED
    )


def secret_of(who: str) -> str:
    """The cookie or token of a caller."""
    return f"secret-of-{who}"


@dataclass
class Here:
    """A site, its API, and who may ask.

    Attributes:
        asked: what the keeper was asked for.
        reloads: how often the supervisor was asked to read the file anew.
        tried: addresses of cameras that were opened.
    """

    root: Path
    database: Database
    keeper: Keeper
    clock: ManualClock
    settings: WebSettings
    app: FastAPI
    asked: list[Request] = field(default_factory=list)
    reloads: list[int] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def client(self, who: str = "", address: str = "192.0.2.9", base: str = HERE) -> TestClient:
        """Somebody who asks: a caller, or nobody; with the CSRF token where it is a person."""
        client = TestClient(
            guarded(self.app, self.settings),
            base_url=base,
            client=(address, 5000),
            raise_server_exceptions=False,
            follow_redirects=False,
        )
        self.known(client, who)
        return client

    def known(self, client: TestClient, who: str) -> None:
        """Let a client be a caller; empty: nobody."""
        client.cookies.clear()
        if who in CALLERS[:3]:
            client.cookies.set("awry_session_8780", secret_of(who))
            client.headers["X-CSRF-Token"] = f"csrf-{who}"
        elif who:
            client.headers["Authorization"] = f"Bearer {secret_of(who)}"

    def ask(self, request: Request) -> Answer:
        """The keeper's answer to a request, as the API asks it."""
        answer: Answer = self.app.state.api.ask(request)
        return answer

    def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        with self.database.reading() as session:
            found = list(session.scalars(select(table)))
            session.expunge_all()
            return found

    def add(self, *rows: Any) -> None:
        """Rows as they are."""
        with self.database.writing() as session:
            session.add_all(rows)


def event(uid: str, camera: str, start: float, **more: Any) -> EventRow:
    """An event of ten seconds."""
    given = {
        "state": "ended",
        "bundle": "bundles/a",
        "peak_at": start + 5,
        "score": 3.0,
        "threshold": 2.0,
        "end": start + 10,
        "parts": {"appearance": 2.0},
        "regions": [{"box": [0.1, 0.2, 0.3, 0.4], "score": 3.0, "parts": {}, "class_name": "dog"}],
        "told": True,
        "picture": f"media/{camera}/{uid}.jpg",
        "annotated": f"media/{camera}/{uid}-boxes.jpg",
        "heat": f"media/{camera}/{uid}.png",
    }
    return EventRow(uid=uid, camera=camera, start=start, **(given | more))


def fill(database: Database) -> None:
    """Two cameras with an event each, and all else that can be asked for."""
    media = database.layout.media
    with database.writing() as session:
        for camera, uid in (("door", "e1"), ("yard", "e2")):
            (media / camera).mkdir(parents=True)
            session.add(event(uid, camera, NOW - 100))
            session.flush()
            path = f"media/{camera}/{uid}.mp4"
            session.add(ClipRow(event=uid, path=path, start=NOW - 105, end=NOW - 85, bytes=1000))
            session.add(
                FileRow(path=path, camera=camera, kind="clip", bytes=1000, at=NOW, event=uid)
            )
            (database.layout.root / path).write_bytes(b"clip " * 200)
            for name in (f"{uid}.jpg", f"{uid}-boxes.jpg", f"{uid}.png"):
                (media / camera / name).write_bytes(name.encode())
            session.add(GapRow(camera=camera, start=NOW - 60, end=NOW - 50, why="It was away."))
            for path, state in (("bundles/a", "active"), ("bundles/b", "shadow")):
                session.add(BundleRow(camera=camera, path=path, method="daml", state=state, at=NOW))
            session.add(
                CalibrationRow(
                    camera=camera, bundle="bundles/a", light="day", threshold=2.0, at=NOW
                )
            )
            session.add(
                DriftRow(
                    camera=camera,
                    hour=int(NOW) - 3600,
                    light="day",
                    bundle="bundles/a",
                    stability=0.1,
                    distance=0.2,
                    count=100,
                )
            )
            add_scores(
                session,
                [
                    Scored(camera, NOW - 120 + step, "s", step, "bundles/a", 0.1 * step)
                    for step in range(60)
                ],
            )
        figures = {"fps": 10.0, "frames": 1000.0, "dropped": 3.0, "lag_s": 0.2, "rss_bytes": 5e7}
        session.add(LoadRow(process="ingest", name="door", at=NOW, figures=figures))


def keeper_settings(root: Path) -> KeeperSettings:
    """What the keeper is told of the site's file."""
    site = read_site(root / "site.yaml").site
    blank = {
        name: KeptCamera(camera=one.model_copy(update={"detect": "", "record": None}))
        for name, one in site.cameras.items()
    }
    return KeeperSettings(store=root / "store", cameras=blank)


def unsynced(database: Database) -> Database:
    """The same, which does not wait for the disk: no test here pulls the plug."""
    database.engine.dispose()

    @listens_for(database.engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    return database


def build(root: Path) -> Path:
    """The files of a site, without people."""
    (root / "site.yaml").write_text(SITE)
    database = unsynced(open_database(Layout(root / "store")))
    fill(database)
    Keeper(keeper_settings(root), database, ManualClock(NOW), RealDisk()).start()
    database.close()
    return root


def make(template: Path, root: Path, **web: Any) -> Here:
    """A copy of the site with its API; the feed is closed, so that streams end at once."""
    shutil.copytree(template, root, dirs_exist_ok=True)
    clock = ManualClock(NOW)
    database = unsynced(open_database(Layout(root / "store")))
    keeper = Keeper(keeper_settings(root), database, clock, RealDisk())
    settings = WebSettings(
        store=root / "store", site="home", config=root / "site.yaml", web=web or {}
    )
    asked: list[Request] = []
    reloads: list[int] = []
    tried: list[str] = []
    turn = threading.Lock()

    def ask(request: Request) -> Answer:
        with turn:
            asked.append(request)
            effects = keeper.take([Received(Hello("web", "", 1), request)])
        return next(one.message for one in effects if isinstance(one.message, Answer))

    def reload() -> Answer:
        reloads.append(1)
        return Answer("reload")

    feed = Feed(database)
    feed.close()
    app = application(
        settings,
        database,
        ask,
        clock,
        reload=reload,
        first_token="first",
        passwords=CHEAP,
        feed=feed,
        outside=outside(tried),
    )
    return Here(root, database, keeper, clock, settings, app, asked, reloads, tried)


def people(here: Here) -> None:
    """Three people who have logged in, and four tokens."""
    wanted: list[Values] = []
    for name, role in (("viewer", "viewer"), ("operator", "operator"), ("admin", "admin")):
        wanted.append(UserMake(name=name, password=HASH, role=role))
        wanted.append(
            SessionMake(
                id=digest(secret_of(name)), user=name, csrf=f"csrf-{name}", until=NOW + 3600
            )
        )
    scopes = {"read": "read", "feedback": "feedback", "administer": "admin", "yard": "admin"}
    for name, scope in scopes.items():
        cameras = ("yard",) if name == "yard" else ()
        wanted.append(
            TokenMake(id=digest(secret_of(name)), name=name, scope=scope, cameras=cameras)
        )
    requests = [Received(Hello("web", "", 1), made(values, "test")) for values in wanted]
    answers = [one.message for one in here.keeper.take(requests)]
    assert not any(isinstance(one, Answer) and one.error for one in answers)
