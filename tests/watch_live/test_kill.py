"""Processes of a whole site are killed at random moments: nothing is lost, and nothing comes twice.

A camera on loopback is watched, and this test itself plays the scorer of a second one, so that it
knows of each score whether the keeper has acknowledged it.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.errors import AwryError
from awry.training.bundle import read_calibration
from awry.watch.ipc import places
from awry.watch.ipc.channel import SocketLink
from awry.watch.messages import Hello, Request, Scored, new_uid
from awry.watch.site.model import database_url
from awry.watch.site.read import read_site
from awry.watch.store.database import read_database
from awry.watch.store.fsck import fsck
from awry.watch.store.layout import Layout
from awry.watch.store.scores import read_scores
from awry.watch.supervisor import processes, request, run_site, unit
from awry.watch.supervisor.owner import sockets_of
from watch_live.rtsp_server import LoopbackCamera, needs_rtsp

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SITE = """
store: {store}
web: {{port: 0}}
cameras:
  door:
    detect: {door}
    bundle: {bundle}
    pre_roll_s: 1
    post_roll_s: 1
    cooldown_s: 0
  probe:
    detect: rtsp://127.0.0.1:9/nobody
    bundle: {bundle}
"""
SOURCE = Path(__file__).parents[2] / "src"
KILLS = int(os.environ.get("AWRY_KILLS", "60"))
BURST, PERIOD = 20, 200


class Running:
    """A site, in a thread of this process or in one of its own."""

    def __init__(self, folder: Path, bundle: Path, door: str) -> None:
        self.folder, self.store, self.file = folder, folder / "store", folder / "site.yaml"
        text = SITE.format(store=self.store, bundle=bundle, door=door)
        self.file.write_text(text)
        self.file.chmod(0o600)
        self.log, self.stop = io.StringIO(), threading.Event()
        self.thread: threading.Thread | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.code: int | None = None

    def begin(self) -> None:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.code = run_site(self.file, log=self.log, stop=self.stop)

    def begin_apart(self) -> None:
        code = f"import sys, awry.watch.supervisor as s; sys.exit(s.run_site({str(self.file)!r}))"
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        log = (self.folder / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code], stdout=log, stderr=log, env=environment
            )

    def end(self) -> None:
        if self.thread is not None:
            self.stop.set()
            self.thread.join(90)
            assert not self.thread.is_alive()
        if self.process is not None:
            self.process.terminate()
            self.code = self.process.wait(90)

    def pids(self, kind: str) -> list[int]:
        try:
            return [
                one["pid"] for one in processes(self.store) if one["process"] == kind and one["pid"]
            ]
        except AwryError:
            return []

    def rows(self, query: str) -> list[Any]:
        try:
            place = f"file:{self.store / 'awry.db'}?mode=ro"
            with closing(sqlite3.connect(place, uri=True, timeout=10)) as database:
                return database.execute(query).fetchall()
        except sqlite3.OperationalError:  # it is being made
            return []


class Probe:
    """Plays a scorer, as long as the site lives: ten steps a second of a camera's own time."""

    def __init__(self, site: Running, bundle: Path) -> None:
        self._site, self._bundle = site, str(bundle)
        scene = next(iter(read_calibration(bundle).scenes.values()))
        assert scene.threshold is not None
        self._low, self._high = scene.location, scene.threshold + 10 * scene.scale
        self.begin = float(int(time.time()) - 7200)
        self.step, self.bursts = 0, 0
        self._link: SocketLink | None = None
        self._folder: Path | None = None
        self._kept: list[Scored] = []

    def send(self, count: int) -> None:
        """So many steps more; those not acknowledged go to a site that began anew, too."""
        self._follow()
        for _ in range(count):
            burst = self.step % PERIOD >= PERIOD - BURST
            self.bursts += self.step % PERIOD == PERIOD - BURST
            at = self.begin + self.step / 10
            score = self._high if burst else self._low
            scored = Scored("probe", at, "one", self.step, self._bundle, score)
            self.step += 1
            self._kept.append(scored)
            if self._link is not None:
                self._link.send(scored)
        if self._link is not None:
            self._link.poll()
            self._kept = self._kept[len(self._kept) - self._link.waiting :]

    def settle(self) -> None:
        """Wait until all was acknowledged; no burst is under way then."""
        self.send(PERIOD - self.step % PERIOD + PERIOD // 2)
        end = time.monotonic() + 60
        while self._kept:
            assert time.monotonic() < end, f"{len(self._kept)} steps were never acknowledged"
            self.send(0)
            time.sleep(0.02)

    def close(self) -> None:
        if self._link is not None:
            self._link.close()

    def _follow(self) -> None:
        folder = sockets_of(Layout(self._site.store))
        if folder is not None and folder != self._folder:
            self.close()
            self._folder = folder
            hello = Hello("scorer", "probe", os.getpid())
            self._link = SocketLink(places.keeper(folder), hello)
            for scored in self._kept:
                self._link.send(scored)


def until(true: Callable[[], Any], site: Running, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, site.log.getvalue()[-5000:]
        time.sleep(0.05)


@pytest.fixture
def camera(clip_images: Callable[..., np.ndarray]) -> Iterator[LoopbackCamera]:
    needs_rtsp()
    one = LoopbackCamera(list(clip_images(900)), 10.0)
    one.start()
    yield one
    one.close()


@pytest.fixture
def site(tmp_path: Path, bundle: Path, camera: LoopbackCamera) -> Iterator[Running]:
    one = Running(tmp_path, bundle, camera.address)
    yield one
    one.end()


def calm(site: Running) -> None:
    """Wait until events of sessions that were cut off have ended."""
    until(lambda: not site.rows("select 1 from event where state = 'open'"), site, 300)


def judge(site: Running, probe: Probe, bundle: Path) -> None:
    """What must be so in the store, whatever was killed."""
    settings = read_site(site.file).site
    checked = fsck(settings)
    assert checked.sound, checked.findings
    assert site.rows("pragma integrity_check") == [("ok",)]

    # Every score that was acknowledged is there, once.
    database = read_database(Layout(site.store), database_url(settings))
    with database.reading() as session:
        span = read_scores(session, "probe", 0.0, 4e9, bundle=str(bundle))
    database.close()
    assert np.all(np.diff(span.times) > 0)
    expected = probe.begin + np.arange(probe.step) / 10
    np.testing.assert_allclose(span.times, expected, atol=0.01)

    # Every burst is one event.
    events = site.rows("select start, end, state from event where camera = 'probe' order by start")
    starts = probe.begin + (np.arange(probe.bursts) * PERIOD + PERIOD - BURST) / 10
    assert len(events) == probe.bursts
    np.testing.assert_allclose([one[0] for one in events], starts, atol=0.5)
    assert {one[2] for one in events} == {"ended"}

    # No event of the real camera comes twice, and its clips are there.
    door = site.rows("select start, end from event where camera = 'door' order by start")
    assert door
    assert all(one[1] <= two[0] for one, two in pairwise(door))
    clips = site.rows("select path, bytes from clip")
    assert clips
    assert all((site.store / path).stat().st_size == size for path, size in clips)


def test_any_process_may_be_killed_at_any_moment(
    site: Running, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit, "CRASHES", 10**6)  # so many crashes are not expected elsewhere
    monkeypatch.setattr(unit, "LONGEST_PAUSE_S", 0.2)
    chance, probe = random.Random(23), Probe(site, bundle)
    site.begin()
    until(lambda: site.rows("select 1 from event"), site)
    killed: dict[str, int] = {}
    dead: set[int] = set()  # on a busy machine one is listed until its end is noticed
    while sum(killed.values()) < KILLS:
        kind = chance.choice(["keeper", "keeper", "ingest", "scorer", "courier", "web"])
        pause = time.monotonic() + chance.choice([0.02, 0.2, 1.0, 3.0]) * chance.random()
        while time.monotonic() < pause:
            probe.send(chance.randrange(20))
            time.sleep(0.02)
        if pids := [one for one in site.pids(kind) if one not in dead]:
            pid = chance.choice(pids)
            dead.add(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            killed[kind] = killed.get(kind, 0) + 1
    probe.settle()
    states = lambda: [one["state"] for one in processes(site.store)]  # noqa: E731
    until(lambda: set(states()) == {"running"}, site)
    calm(site)
    probe.close()
    site.end()
    assert site.code == 0
    assert min(killed[kind] for kind in ("keeper", "ingest", "scorer", "courier", "web")) > 0
    crashes = site.log.getvalue().count("It was ended by SIGKILL.")
    assert crashes >= KILLS - 2
    judge(site, probe, bundle)


def test_the_supervisor_itself_may_be_killed(site: Running, bundle: Path) -> None:
    chance, probe = random.Random(5), Probe(site, bundle)
    for _ in range(6):
        site.begin_apart()
        assert site.process is not None
        until(lambda: site.pids("keeper"), site)
        end = time.monotonic() + 8 * chance.random()
        while time.monotonic() < end:
            probe.send(5)
            time.sleep(0.02)
        site.process.kill()
        site.process.wait()
    site.begin_apart()
    until(lambda: site.pids("keeper"), site)
    probe.settle()
    until(lambda: site.rows("select 1 from clip"), site)
    calm(site)
    probe.close()
    site.end()
    assert site.code == 0
    judge(site, probe, bundle)


def test_two_on_one_store_and_a_file_that_breaks(site: Running) -> None:
    site.begin()
    until(lambda: "All processes run" in site.log.getvalue(), site)
    with pytest.raises(AwryError, match="in use"):
        run_site(site.file, log=io.StringIO())
    before = {one["pid"] for one in processes(site.store)}
    good, scored = site.file.read_text(), "select sum(count) from score where camera = 'door'"
    until(lambda: site.rows("select 1 from camera where name = 'door' and state = 'running'"), site)
    count = site.rows(scored)[0][0]
    for broken in ("cameras: [", good.replace("pre_roll_s: 1", "pre_roll_s: many"), "\x00"):
        site.file.write_text(broken)
        assert request(site.store, Request(new_uid(), "config.reload")).error
    until(lambda: site.rows(scored)[0][0] > count + 10, site)  # it is watched as before
    states = site.rows("select state from state where camera = 'door' order by since")
    assert states[-1] == ("running",)
    assert "misconfigured" not in {state for (state,) in states}
    site.file.write_text(good.replace("pre_roll_s: 1", "pre_roll_s: 2"))
    said = json.loads(request(site.store, Request(new_uid(), "config.reload")).values)
    assert said == {"said": "camera door: pre_roll_s."}
    assert {one["pid"] for one in processes(site.store)} == before
    site.end()
    assert site.code == 0
